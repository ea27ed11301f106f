using System.Runtime.CompilerServices;

namespace Bench.Attention.Primitives.Fused;

/// <summary>
/// RWKV-7's decay −e^ω, correction −κ̂ and its write κ̂ ⊙ ι for the three scans of a backward pass, made of ω, κ̂ and ι head by head; and the way
/// of their gradients back.
/// </summary>
/// <remarks>Peng et al., arXiv:2503.14456, section 4.</remarks>
internal sealed unsafe class UnitKeyTerms<TSimd, TVector>
    where TSimd : ISimd<TVector>
    where TVector : unmanaged
{
    private readonly HeadTensors _raw;
    private readonly float* _key;
    private readonly float* _gate;
    private readonly float* _decay; // [N, D]
    private readonly int _size;
    private readonly long _batch;
    private readonly long _head;

    /// <summary>Makes the terms of a head.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public UnitKeyTerms(HeadTensors raw, long batch, long head, Arena arena)
    {
        (_raw, _batch, _head, _size) = (raw, batch, head, raw.KeySize);
        _key = raw.CorrectionRead!.Head(batch, head);
        _gate = raw.CorrectionWrite!.Head(batch, head);
        var numbers = (nint)raw.Length * _size;
        _decay = arena.TakeRaw(numbers);
        float* read = arena.TakeRaw(numbers), write = arena.TakeRaw(numbers), rate = raw.Decay!.Head(batch, head);
        for (nint t = 0; t < (nint)raw.Length; t++)
        {
            var to = t * _size;
            MakeRow(
                rate + (t * raw.Decay.Stride), _key + (t * raw.CorrectionRead.Stride), _gate + (t * raw.CorrectionWrite.Stride),
                _decay + to, read + to, write + to);
        }

        Tensors = raw with
        {
            FromUnitKey = false,
            Decay = new TensorView(_decay, _size),
            CorrectionRead = new TensorView(read, _size),
            CorrectionWrite = new TensorView(write, _size),
        };
    }

    /// <summary>The head's tensors with the terms in place of ω, κ̂ and ι.</summary>
    public HeadTensors Tensors { get; }

    /// <summary>Turns the gradients of the terms into those of ω, κ̂ and ι, in place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void TurnGradients(HeadGradients gradients)
    {
        nint key = _raw.CorrectionRead!.Stride, gate = _raw.CorrectionWrite!.Stride;
        float* read = gradients.CorrectionRead!.Head(_batch, _head), write = gradients.CorrectionWrite!.Head(_batch, _head);
        var rate = gradients.Decay == null ? null : gradients.Decay.Head(_batch, _head);
        for (nint t = 0; t < (nint)_raw.Length; t++)
        {
            var to = t * _size;
            TurnRow(_key + (t * key), _gate + (t * gate), read + to, write + to);
            if (rate != null)
            {
                Rows<TSimd, TVector>.Multiply(rate + to, _decay + to, _size);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void MakeRow(float* rate, float* key, float* gate, float* decay, float* read, float* write)
    {
        // Beyond these the exponential of a float is nothing, or as strong a decay as the scan can show.
        TVector lowest = TSimd.Broadcast(-80), highest = TSimd.Broadcast(80), minus = TSimd.Broadcast(-1);
        var i = 0;
        for (; i + TSimd.Lanes <= _size; i += TSimd.Lanes)
        {
            var unit = TSimd.Load(key + i);
            TSimd.Store(decay + i, TSimd.Multiply(minus, TSimd.Exp(TSimd.Max(TSimd.Min(TSimd.Load(rate + i), highest), lowest))));
            TSimd.Store(read + i, TSimd.Multiply(minus, unit));
            TSimd.Store(write + i, TSimd.Multiply(unit, TSimd.Load(gate + i)));
        }

        if (i < _size)
        {
            MakeTail(i, rate, key, gate, decay, read, write);
        }
    }

    // The call to the scalar exponential, inlined, would put the vectors into memory.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void MakeTail(int from, float* rate, float* key, float* gate, float* decay, float* read, float* write)
    {
        for (var i = from; i < _size; i++)
        {
            decay[i] = -MathF.Exp(Math.Clamp(rate[i], -80, 80));
            read[i] = -key[i];
            write[i] = key[i] * gate[i];
        }
    }

    /// <summary>∂κ̂ = −∂a + ∂b ⊙ ι where ∂a was, ∂ι = ∂b ⊙ κ̂ where ∂b was.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void TurnRow(float* key, float* gate, float* read, float* write)
    {
        var minus = TSimd.Broadcast(-1);
        var i = 0;
        for (; i + TSimd.Lanes <= _size; i += TSimd.Lanes)
        {
            var gradient = TSimd.Load(write + i);
            TSimd.Store(read + i, TSimd.MultiplyAdd(gradient, TSimd.Load(gate + i), TSimd.Multiply(minus, TSimd.Load(read + i))));
            TSimd.Store(write + i, TSimd.Multiply(gradient, TSimd.Load(key + i)));
        }

        for (; i < _size; i++)
        {
            (read[i], write[i]) = ((write[i] * gate[i]) - read[i], write[i] * key[i]);
        }
    }
}
