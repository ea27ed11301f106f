using System.Runtime.CompilerServices;

namespace Bench.Attention.Primitives.Fused;

/// <summary>
/// Causal attention over r slots, token by token with both states in cache, for one head. Slot c of the keys is Σ e^(a_jc) k_j / Σ e^(a_jc) over the
/// tokens so far, that of the values likewise; the query reads softmax over slots of its products with the first, times the second.
/// Sums are kept relative to the largest gate, so that nothing overflows.
/// </summary>
internal sealed unsafe class SlotScan<TSimd, TVector> : IDisposable
    where TSimd : ISimd<TVector>
    where TVector : unmanaged
{
    /// <summary>Smallest normal float: divides the sums of slots that hold nothing, which are zero.</summary>
    private const float Least = 1.17549435e-38f;

    private readonly Arena _arena = new();
    private readonly int _slots;
    private readonly int _keySize;
    private readonly int _valueSize;
    private readonly int _slotPitch;
    private readonly int _valuePitch;
    private readonly float* _keys;       // [D, r]: sums of keys, by slot
    private readonly float* _values;     // [r, E]
    private readonly float* _logits;     // [r]
    private readonly float* _row;        // [E]

    public SlotScan(int slots, int keySize, int valueSize)
    {
        (_slots, _keySize, _valueSize) = (slots, keySize, valueSize);
        (_slotPitch, _valuePitch) = (Up(slots), Up(valueSize));
        _keys = _arena.Take((long)keySize * _slotPitch);
        _values = _arena.Take((long)slots * _valuePitch);
        _logits = _arena.Take(_slotPitch);
        _row = _arena.Take(_valuePitch);
        (KeyGates, ValueGates) = (new Gates(_arena, _slotPitch), new Gates(_arena, _slotPitch));
    }

    /// <summary>Gates of the keys' slots.</summary>
    public Gates KeyGates { get; }

    /// <summary>Gates of the values' slots.</summary>
    public Gates ValueGates { get; }

    /// <inheritdoc />
    public void Dispose() => _arena.Dispose();

    /// <summary>Takes slots that already hold something: contents <c>[r, D]</c> and <c>[r, E]</c> are means.</summary>
    public void Put(float* keyLse, float* keys, float* valueLse, float* values, float empty)
    {
        KeyGates.Put(keyLse, _slots, empty);
        ValueGates.Put(valueLse, _slots, empty);
        for (var c = 0; c < _slots; c++)
        {
            for (var d = 0; d < _keySize; d++)
            {
                _keys[(d * _slotPitch) + c] = keys[(c * _keySize) + d] * KeyGates.Sum[c];
            }

            Rows<TSimd, TVector>.Scaled(_values + (c * _valuePitch), values + (c * _valueSize), ValueGates.Sum[c], _valueSize);
        }
    }

    /// <summary>Gives the slots back as means with the logarithms of their sums.</summary>
    public void Get(float* keyLse, float* keys, float* valueLse, float* values, float empty)
    {
        KeyGates.Get(keyLse, _slots, empty);
        ValueGates.Get(valueLse, _slots, empty);
        for (var c = 0; c < _slots; c++)
        {
            for (var d = 0; d < _keySize; d++)
            {
                keys[(c * _keySize) + d] = _keys[(d * _slotPitch) + c] / Math.Max(KeyGates.Sum[c], Least);
            }

            Rows<TSimd, TVector>.Scaled(values + (c * _valueSize), _values + (c * _valuePitch), 1 / Math.Max(ValueGates.Sum[c], Least), _valueSize);
        }
    }

    /// <summary>One token: updates both states and writes its output row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Step(float* query, float* key, float* value, float* keyGates, float* valueGates, float* output)
    {
        KeyGates.Add(keyGates, _slots);
        ValueGates.Add(valueGates, _slots);
        var width = TSimd.Lanes;
        for (var c = 0; c < _slotPitch; c += width)
        {
            TVector old = TSimd.Load(KeyGates.Old + c), share = TSimd.Load(KeyGates.Share + c);
            TVector even = default, odd = default;
            var cell = _keys + c;
            var d = 0;
            for (; d + 2 <= _keySize; d += 2, cell += 2 * _slotPitch)
            {
                var first = TSimd.MultiplyAdd(TSimd.Broadcast(key[d]), share, TSimd.Multiply(old, TSimd.Load(cell)));
                var second = TSimd.MultiplyAdd(TSimd.Broadcast(key[d + 1]), share, TSimd.Multiply(old, TSimd.Load(cell + _slotPitch)));
                TSimd.Store(cell, first);
                TSimd.Store(cell + _slotPitch, second);
                even = TSimd.MultiplyAdd(TSimd.Broadcast(query[d]), first, even);
                odd = TSimd.MultiplyAdd(TSimd.Broadcast(query[d + 1]), second, odd);
            }

            if (d < _keySize)
            {
                var first = TSimd.MultiplyAdd(TSimd.Broadcast(key[d]), share, TSimd.Multiply(old, TSimd.Load(cell)));
                TSimd.Store(cell, first);
                even = TSimd.MultiplyAdd(TSimd.Broadcast(query[d]), first, even);
            }

            TSimd.Store(_logits + c, TSimd.Divide(TSimd.Add(even, odd), TSimd.Max(TSimd.Load(KeyGates.Sum + c), TSimd.Broadcast(Least))));
        }

        Softmax();
        for (var e = 0; e < _valuePitch; e += width)
        {
            TVector sum = default;
            var from = e + width <= _valueSize ? TSimd.Load(value + e) : Rest(value, e);
            var cell = _values + e;
            for (var c = 0; c < _slots; c++, cell += _valuePitch)
            {
                var next = TSimd.MultiplyAdd(
                    TSimd.Broadcast(ValueGates.Share[c]), from, TSimd.Multiply(TSimd.Broadcast(ValueGates.Old[c]), TSimd.Load(cell)));
                TSimd.Store(cell, next);
                sum = TSimd.MultiplyAdd(TSimd.Broadcast(_logits[c]), next, sum);
            }

            TSimd.Store(_row + e, sum);
        }

        new ReadOnlySpan<float>(_row, _valueSize).CopyTo(new Span<float>(output, _valueSize));
    }

    /// <summary>Logits become softmax over the slots, over the sums of the values' gates.</summary>
    private void Softmax()
    {
        var largest = _logits[0];
        for (var c = 1; c < _slots; c++)
        {
            largest = Math.Max(largest, _logits[c]);
        }

        var total = 0f;
        var (shift, least) = (TSimd.Broadcast(-largest), TSimd.Broadcast(-80));
        for (var c = 0; c < _slotPitch; c += TSimd.Lanes)
        {
            TSimd.Store(_logits + c, TSimd.Exp(TSimd.Min(TSimd.Max(TSimd.Add(TSimd.Load(_logits + c), shift), least), TSimd.Broadcast(80))));
        }

        for (var c = 0; c < _slots; c++)
        {
            total += _logits[c];
        }

        for (var c = 0; c < _slots; c++)
        {
            _logits[c] /= total * Math.Max(ValueGates.Sum[c], Least);
        }
    }

    private TVector Rest(float* value, int from)
    {
        new Span<float>(_row + from, TSimd.Lanes).Clear();
        new ReadOnlySpan<float>(value + from, _valueSize - from).CopyTo(new Span<float>(_row + from, _valueSize - from));
        return TSimd.Load(_row + from);
    }

    private static int Up(int size) => (size + TSimd.Lanes - 1) / TSimd.Lanes * TSimd.Lanes;

    /// <summary>Largest gate so far and the sum of e^(gate − largest), by slot; and what a token does to sums.</summary>
    internal sealed class Gates(Arena arena, int pitch)
    {
        private readonly float* _largest = arena.Take(pitch);
        private readonly float* _gate = arena.Take(pitch);

        /// <summary>Σ e^(gate − largest).</summary>
        public float* Sum { get; } = arena.Take(pitch);

        /// <summary>Factor of the older tokens' sums.</summary>
        public float* Old { get; } = arena.Take(pitch);

        /// <summary>Factor of the token's own row.</summary>
        public float* Share { get; } = arena.Take(pitch);

        public void Put(float* lse, int slots, float empty)
        {
            for (var c = 0; c < slots; c++)
            {
                (_largest[c], Sum[c]) = (lse[c], lse[c] <= empty / 2 ? 0 : 1);
            }
        }

        public void Get(float* lse, int slots, float empty)
        {
            for (var c = 0; c < slots; c++)
            {
                lse[c] = Sum[c] > 0 ? _largest[c] + MathF.Log(Sum[c]) : empty;
            }
        }

        /// <summary>A padded token has gates of minus infinity.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Add(float* gates, int slots)
        {
            new ReadOnlySpan<float>(gates, slots).CopyTo(new Span<float>(_gate, slots));
            var minus = TSimd.Broadcast(-1);
            for (var c = 0; c < pitch; c += TSimd.Lanes)
            {
                TVector before = TSimd.Load(_largest + c), gate = TSimd.Load(_gate + c);
                var largest = TSimd.Max(before, gate);
                var old = Power(TSimd.MultiplyAdd(minus, largest, before));
                var share = Power(TSimd.MultiplyAdd(minus, largest, gate));
                TSimd.Store(_largest + c, largest);
                TSimd.Store(Old + c, old);
                TSimd.Store(Share + c, share);
                TSimd.Store(Sum + c, TSimd.MultiplyAdd(TSimd.Load(Sum + c), old, share));
            }
        }

        /// <summary>e^x, exactly zero from −80 on.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static TVector Power(TVector x)
        {
            var kept = TSimd.Max(x, TSimd.Broadcast(-80));
            return TSimd.Multiply(TSimd.Exp(kept), TSimd.Min(TSimd.Add(kept, TSimd.Broadcast(80)), TSimd.Broadcast(1)));
        }
    }
}
