using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Bench.Suites.Training;

/// <summary>Tensors from the plain arrays that batches are made of.</summary>
/// <remarks>Written into torch's own memory: a tensor over a pinned array would call back into the runtime when it is freed.</remarks>
public static class ArrayTensor
{
    /// <summary>An int64 tensor of the given shape on a device, row-major.</summary>
    public static Tensor Of(long[] values, Device device, params ReadOnlySpan<long> shape) => Copy<long>(values, ScalarType.Int64, device, shape);

    /// <summary>A float32 tensor of the given shape on a device, row-major.</summary>
    public static Tensor Of(float[] values, Device device, params ReadOnlySpan<long> shape) => Copy<float>(values, ScalarType.Float32, device, shape);

    /// <summary>A tensor of truths of the given shape on a device, row-major.</summary>
    public static Tensor Of(bool[] values, Device device, params ReadOnlySpan<long> shape) => Copy<bool>(values, ScalarType.Bool, device, shape);

    private static Tensor Copy<T>(T[] values, ScalarType type, Device device, ReadOnlySpan<long> shape)
        where T : unmanaged
    {
        var copy = empty(shape.ToArray(), type);
        MemoryMarshal.AsBytes(values.AsSpan()).CopyTo(copy.bytes);
        if (device.type == DeviceType.CPU)
        {
            return copy;
        }

        using (copy)
        {
            return copy.to(device);
        }
    }
}
