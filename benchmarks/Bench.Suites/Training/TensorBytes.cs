using static TorchSharp.torch;

namespace Bench.Suites.Training;

/// <summary>Writes saved bytes back into tensors.</summary>
internal static class TensorBytes
{
    /// <summary>Overwrites a tensor on any device.</summary>
    /// <param name="tensor">Keeps its shape, type and place.</param>
    /// <param name="bytes">As many as it has, row-major.</param>
    public static void CopyInto(this byte[] bytes, Tensor tensor)
    {
        using var scope = NewDisposeScope();
        using var nograd = no_grad();
        var saved = empty(tensor.shape, tensor.dtype);
        bytes.CopyTo(saved.bytes);
        tensor.copy_(saved);
    }
}
