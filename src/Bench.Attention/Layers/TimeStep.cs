using static TorchSharp.torch;

namespace Bench.Attention.Layers;

/// <summary>Initial biases of time steps.</summary>
internal static class TimeStep
{
    private const double Smallest = 1e-3;
    private const double Largest = 1e-1;
    private const double Floor = 1e-4;

    /// <summary>b with softplus(b) log-uniform in [1e−3, 1e−1]: <c>b = dt + log(−expm1(−dt))</c>.</summary>
    public static Tensor InverseSoftplus(long count)
    {
        var step = (rand(count) * (Math.Log(Largest) - Math.Log(Smallest)) + Math.Log(Smallest)).exp().clamp(min: Floor); // [count]
        return step + (-(-step).expm1()).log();
    }
}
