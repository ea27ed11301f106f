namespace Bench.Attention.Primitives.Fused;

/// <summary>A tensor <c>[B, H, N, ·]</c> (or a broadcast of one) as pointers; rows are contiguous.</summary>
internal sealed unsafe class TensorView
{
    private readonly Tensor? _tensor;
    private readonly float* _start;
    private readonly long[] _strides;

    public TensorView(Tensor tensor)
    {
        _tensor = tensor.stride(-1) == 1 || tensor.shape[^1] == 1 ? tensor : tensor.contiguous();
        _start = StartOf(_tensor);
        _strides = [.. Enumerable.Range(0, (int)_tensor.dim()).Select(axis => _tensor.shape[axis] == 1 ? 0 : _tensor.stride(axis))];
        Width = (int)_tensor.shape[^1];
    }

    /// <summary>Contiguous rows of one head in memory that the caller keeps.</summary>
    public TensorView(float* start, int width)
    {
        _start = start;
        (_strides, Width) = ([0, 0, width, 1], width);
    }

    /// <summary>Where the numbers of a tensor begin.</summary>
    public static float* StartOf(Tensor tensor) => (float*)tensor.storage<float>().data_ptr() + tensor.storage_offset();

    /// <summary>Numbers in the last axis.</summary>
    public int Width { get; }

    /// <summary>Floats from one token to the next.</summary>
    public nint Stride => (nint)_strides[2];

    /// <summary>The first row of a head.</summary>
    public float* Head(long batch, long head) => _start + (batch * _strides[0]) + (head * _strides[1]);

    /// <summary>Keeps the memory alive up to here.</summary>
    public void KeepAlive() => GC.KeepAlive(_tensor);
}

/// <summary>All tensors of a fused recurrence and of its gradients; those that are absent are null.</summary>
internal sealed record HeadTensors
{
    public required long Batch { get; init; }

    public required long Heads { get; init; }

    public required long Length { get; init; }

    public required int KeySize { get; init; }

    public required int ValueSize { get; init; }

    public required float Scale { get; init; }

    public required bool EluPlusOne { get; init; }

    public required float? NormaliserEpsilon { get; init; }

    /// <summary>Whether <see cref="Decay"/>, <see cref="CorrectionRead"/> and <see cref="CorrectionWrite"/> are still ω, κ̂ and ι.</summary>
    public required bool FromUnitKey { get; init; }

    /// <summary>Whether the output reads the state before the token's decay and write.</summary>
    public required bool ReadsFirst { get; init; }

    public required TensorView Query { get; init; }

    public required TensorView Key { get; init; }

    public required TensorView Value { get; init; }

    public TensorView? Decay { get; init; }

    public TensorView? Strength { get; init; }

    public TensorView? CorrectionRead { get; init; }

    public TensorView? CorrectionWrite { get; init; }

    public TensorView? State { get; init; }

    public TensorView? Normaliser { get; init; }

    public required TensorView Output { get; init; }

    public required TensorView FinalState { get; init; }

    public TensorView? FinalNormaliser { get; init; }

    /// <summary>Per token: v − k S̃ (delta rule) or a S (correction); kept for the backward pass.</summary>
    public TensorView? Kept { get; init; }

    /// <summary>Per token: the denominator of the output.</summary>
    public TensorView? Denominator { get; init; }

    /// <summary>Gradients, null in a forward pass.</summary>
    public HeadGradients? Gradients { get; init; }
}

/// <summary>Gradients that come in and go out.</summary>
internal sealed class HeadGradients
{
    public required TensorView Output { get; init; }

    public TensorView? FinalState { get; init; }

    public TensorView? FinalNormaliser { get; init; }

    public required TensorView Query { get; init; }

    public required TensorView Key { get; init; }

    public required TensorView Value { get; init; }

    public TensorView? Decay { get; init; }

    public TensorView? Strength { get; init; }

    public TensorView? CorrectionRead { get; init; }

    public TensorView? CorrectionWrite { get; init; }

    public TensorView? State { get; init; }

    public TensorView? Normaliser { get; init; }
}
