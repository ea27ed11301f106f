using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Bench.Suites.Efficiency;

/// <summary>Looks at the memory of an output without copying it.</summary>
internal static class OutputMemory
{
    /// <summary>
    /// The output's numbers at some positions. Read straight from memory where the output fills it without gaps, in whatever order of axes:
    /// it runs after every sample, and a copy of the output would cost more than many a pass.
    /// </summary>
    /// <param name="output">Any shape, element type and device.</param>
    /// <param name="positions">Places in the flattened output, from 0.</param>
    public static double[] At(Tensor output, ReadOnlySpan<long> positions)
    {
        // The usual case needs no scope and no strides: after a pass every call into torch runs from cold caches.
        var isFloatOnCpu = output.dtype == ScalarType.Float32 && output.device_type == DeviceType.CPU;
        if (isFloatOnCpu && output.is_contiguous())
        {
            return Read(output.bytes, positions);
        }

        using var scope = NewDisposeScope();
        using var nograd = no_grad();
        if (isFloatOnCpu && Flat(output) is { } flat)
        {
            var (sizes, strides) = (output.shape, output.stride());
            return Read(flat.bytes, Offsets(positions, sizes, strides));
        }

        return output.detach().flatten().index_select(0, tensor(positions.ToArray(), device: output.device)).to(ScalarType.Float64).cpu().data<double>().ToArray();
    }

    private static double[] Read(ReadOnlySpan<byte> bytes, ReadOnlySpan<long> positions)
    {
        var from = MemoryMarshal.Cast<byte, float>(bytes);
        var numbers = new double[positions.Length];
        for (var i = 0; i < numbers.Length; i++)
        {
            numbers[i] = from[(int)positions[i]];
        }

        return numbers;
    }

    /// <summary>The tensor with its axes in the order of memory, or null where it has gaps.</summary>
    private static Tensor? Flat(Tensor output)
    {
        if (output.is_contiguous())
        {
            return output;
        }

        var strides = output.stride();
        var ordered = output.permute([.. Enumerable.Range(0, strides.Length).OrderByDescending(axis => strides[axis]).Select(axis => (long)axis)]);
        return ordered.is_contiguous() ? ordered : null;
    }

    private static long[] Offsets(ReadOnlySpan<long> positions, long[] sizes, long[] strides)
    {
        var offsets = new long[positions.Length];
        for (var i = 0; i < offsets.Length; i++)
        {
            offsets[i] = Offset(positions[i], sizes, strides);
        }

        return offsets;
    }

    private static long Offset(long position, long[] sizes, long[] strides)
    {
        long offset = 0;
        for (var axis = sizes.Length - 1; axis >= 0; axis--)
        {
            (position, var index) = Math.DivRem(position, sizes[axis]);
            offset += index * strides[axis];
        }

        return offset;
    }

    /// <summary>Whether the storages of two CPU tensors overlap.</summary>
    public static unsafe bool Overlap(Tensor a, Tensor b)
    {
        using var scope = NewDisposeScope();
        if (Flat(a) is not { } left || Flat(b) is not { } right)
        {
            return false;
        }

        fixed (byte* first = left.bytes, second = right.bytes)
        {
            return first < second + right.bytes.Length && second < first + left.bytes.Length;
        }
    }
}
