using static TorchSharp.torch;

namespace Bench.Attention.Primitives.Fused;

/// <summary>
/// Tensors of a pass that do not begin at the same place of a page. Large ones begin on pages of their own as a rule, so that the rows of one token all lie
/// in the same few sets of the first cache, which holds no more than a dozen lines each; with the state, a dozen rows are too many.
/// </summary>
internal static unsafe class Staggered
{
    /// <summary>Room that a place may take, in floats.</summary>
    public const int PageFloats = Page / sizeof(float);

    private const int Page = 4096;

    /// <summary>Bytes from one place to the next: four rows of 64 numbers, a block.</summary>
    private const int Step = Page / Places;

    /// <summary>How many places there are. Tensors of the caller begin at the first as a rule.</summary>
    private const int Places = 4;

    /// <summary>Room for rows that the caller will fill.</summary>
    /// <param name="shape">Their shape.</param>
    /// <param name="place">0 to 3.</param>
    public static Tensor Empty(long[] shape, int place)
    {
        var count = shape.Aggregate(1L, (product, size) => product * size);
        using var room = empty(count + PageFloats, dtype: ScalarType.Float32);
        using var rows = room.narrow(0, BytesTo((nint)TensorView.StartOf(room), place) / sizeof(float), count);
        return rows.view(shape);
    }

    /// <summary>Bytes from an address to a place of its page or the next.</summary>
    public static nint BytesTo(nint address, int place) => (((place % Places * Step) - (address % Page)) + Page) % Page;
}
