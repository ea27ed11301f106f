using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Bench.Suites.Training;

/// <summary>
/// Dropout whose mask is a function of a seed and of the number of the call: a training that goes on from a checkpoint drops the same elements.
/// One 64-bit draw serves four elements, which is several times faster than torch's generator on a CPU.
/// </summary>
/// <param name="probability">Share of elements that become 0; the others grow by 1 / (1 − p).</param>
public sealed class SeededDropout(double probability) : nn.Module<Tensor, Tensor>("dropout")
{
    private const ulong Increment = 0x9E3779B97F4A7C15;
    private readonly uint _threshold = (uint)Math.Round(probability * 65536);
    private ulong _state;

    /// <summary>Starts a new sequence of masks.</summary>
    public void Reseed(long seed) => _state = (ulong)seed * 0xD1342543DE82EF95;

    /// <inheritdoc />
    public override Tensor forward(Tensor input)
    {
        if (!training || _threshold == 0)
        {
            return input.alias();
        }

        if (input.device.type != DeviceType.CPU)
        {
            // Masks made here would have to travel; a device draws its own from torch's seed.
            return nn.functional.dropout(input, probability, training: true);
        }

        using var scope = NewDisposeScope();
        var mask = empty(input.shape, ScalarType.Float32);
        Fill(MemoryMarshal.Cast<byte, float>(mask.bytes));
        return (input * mask.to(input.dtype, input.device)).MoveToOuterDisposeScope();
    }

    private void Fill(Span<float> mask)
    {
        var kept = (float)(1 / (1 - probability));
        var state = _state;
        for (var i = 0; i < mask.Length; i += 4)
        {
            // SplitMix64 (Steele et al., 2014).
            var draw = state += Increment;
            draw = (draw ^ (draw >> 30)) * 0xBF58476D1CE4E5B9;
            draw = (draw ^ (draw >> 27)) * 0x94D049BB133111EB;
            draw ^= draw >> 31;
            for (var j = i; j < Math.Min(i + 4, mask.Length); j++, draw >>= 16)
            {
                mask[j] = (draw & 0xFFFF) >= _threshold ? kept : 0;
            }
        }

        _state = state;
    }
}
