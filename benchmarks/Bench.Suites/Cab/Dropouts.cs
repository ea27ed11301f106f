using Bench.Suites.Training;
using static TorchSharp.torch;

namespace Bench.Suites.Cab;

/// <summary>Seeds everything random in a model.</summary>
internal static class Dropouts
{
    /// <summary>Gives torch's generator and every seeded dropout of the model a state that only the seed decides.</summary>
    public static void Reseed(nn.Module model, long seed)
    {
        manual_seed(seed);
        foreach (var (dropout, i) in model.modules().OfType<SeededDropout>().Distinct().Select((dropout, i) => (dropout, i)))
        {
            dropout.Reseed(seed + i);
        }
    }
}
