using System.Runtime.CompilerServices;

namespace Bench.Attention.Primitives.Fused;

/// <summary>
/// Softmax attention of one block of R queries over its strip of S keys, for one head. Scores lie transposed, keys by queries, so that the softmax
/// runs over whole vectors of queries.
/// </summary>
internal sealed unsafe class StripKernel<TSimd, TVector> : IDisposable
    where TSimd : ISimd<TVector>
    where TVector : unmanaged
{
    /// <summary>The log-sum-exp of a query that sees nothing: every weight relative to it is zero.</summary>
    public const float Nothing = 1e30f;

    private readonly Arena _arena = new();
    private readonly int _rows;
    private readonly int _keySize;
    private readonly int _valueSize;
    private readonly int _keyPitch;
    private readonly int _valuePitch;
    private readonly float* _queries;      // [D, R]
    private readonly float* _cotangents;   // [E, R]
    private readonly float* _byQuery;      // [R, wider pitch]
    private readonly float* _byCotangent;  // [R, value pitch]
    private readonly float* _largest;      // [R]
    private readonly float* _sums;         // [R]
    private Arena _strip = new();
    private int _capacity;
    private float* _scores;                // [S, R]
    private float* _slopes;                // [S, R]
    private float* _keys;                  // [S, key pitch]
    private float* _values;                // [S, value pitch]
    private float* _gathered;              // [S, wider pitch]

    public StripKernel(int rows, int keySize, int valueSize)
    {
        (_rows, _keySize, _valueSize) = (rows, keySize, valueSize);
        (_keyPitch, _valuePitch) = (Up(keySize), Up(valueSize));
        _queries = _arena.Take((long)keySize * rows);
        _cotangents = _arena.Take((long)valueSize * rows);
        _byQuery = _arena.Take((long)Math.Max(_keyPitch, _valuePitch) * rows);
        _byCotangent = _arena.Take((long)_valuePitch * rows);
        _largest = _arena.Take(rows);
        _sums = _arena.Take(rows);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _arena.Dispose();
        _strip.Dispose();
    }

    /// <summary>Writes the output rows of the block and their log-sum-exps.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Forward(StripMask strip, ReadOnlySpan<byte> visible, bool* real, HeadView query, HeadView key, HeadView value, HeadView output, float* lse)
    {
        var count = strip.Columns.Length;
        Reserve(count);
        Transpose(query, strip.Row, strip.Count, _keySize, _queries);
        Gather(key, strip, _keySize, _keyPitch, _keys);
        Gather(value, strip, _valueSize, _valuePitch, _values);
        TileProduct<TSimd, TVector>.Multiply(_keys, _keyPitch, 1, _queries, _rows, _scores, _rows, count, _rows, _keySize, add: false);
        Hide(strip, visible, real);
        Softmax(count);
        TileProduct<TSimd, TVector>.Multiply(_scores, 1, _rows, _values, _valuePitch, _byQuery, _valuePitch, strip.Count, _valuePitch, count, add: false);
        for (var i = 0; i < strip.Count; i++)
        {
            Rows<TSimd, TVector>.Scaled(output.Row(strip.Row + i), _byQuery + (i * _valuePitch), _sums[i] > 0 ? 1 / _sums[i] : 0, _valueSize);
            if (lse != null)
            {
                lse[strip.Row + i] = _sums[i] > 0 ? _largest[i] + MathF.Log(_sums[i]) : Nothing;
            }
        }
    }

    /// <summary>Writes the gradient of the block's queries and adds those of its keys and values.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Backward(StripMask strip, ReadOnlySpan<byte> visible, bool* real, HeadView query, HeadView key, HeadView value, HeadView output, float* lse,
        HeadView cotangent, HeadView queryGradient, HeadView keyGradient, HeadView valueGradient)
    {
        var count = strip.Columns.Length;
        Reserve(count);
        Transpose(query, strip.Row, strip.Count, _keySize, _queries);
        Transpose(cotangent, strip.Row, strip.Count, _valueSize, _cotangents);
        Gather(key, strip, _keySize, _keyPitch, _keys);
        Gather(value, strip, _valueSize, _valuePitch, _values);
        TileProduct<TSimd, TVector>.Multiply(_keys, _keyPitch, 1, _queries, _rows, _scores, _rows, count, _rows, _keySize, add: false);
        TileProduct<TSimd, TVector>.Multiply(_values, _valuePitch, 1, _cotangents, _rows, _slopes, _rows, count, _rows, _valueSize, add: false);
        Hide(strip, visible, real);
        for (var i = 0; i < _rows; i++)
        {
            var isRow = i < strip.Count;
            _largest[i] = isRow ? lse[strip.Row + i] : Nothing;
            _sums[i] = isRow ? Rows<TSimd, TVector>.Dot(cotangent.Row(strip.Row + i), output.Row(strip.Row + i), _valueSize) : 0;
        }

        Differentiate(count);

        // ∂V += Pᵀ ∂O
        Copy(cotangent, strip.Row, strip.Count, _valueSize, _valuePitch, _byCotangent);
        TileProduct<TSimd, TVector>.Multiply(_scores, _rows, 1, _byCotangent, _valuePitch, _gathered, _valuePitch, count, _valuePitch, strip.Count, add: false);
        Scatter(valueGradient, strip, _valueSize, _valuePitch);

        // ∂Q = ∂S K
        TileProduct<TSimd, TVector>.Multiply(_slopes, 1, _rows, _keys, _keyPitch, _byQuery, _keyPitch, strip.Count, _keyPitch, count, add: false);
        for (var i = 0; i < strip.Count; i++)
        {
            new ReadOnlySpan<float>(_byQuery + (i * _keyPitch), _keySize).CopyTo(new Span<float>(queryGradient.Row(strip.Row + i), _keySize));
        }

        // ∂K += ∂Sᵀ Q
        Copy(query, strip.Row, strip.Count, _keySize, _keyPitch, _byQuery);
        TileProduct<TSimd, TVector>.Multiply(_slopes, _rows, 1, _byQuery, _keyPitch, _gathered, _keyPitch, count, _keyPitch, strip.Count, add: false);
        Scatter(keyGradient, strip, _keySize, _keyPitch);
    }

    /// <summary>Sets hidden scores to minus <see cref="Nothing"/>.</summary>
    private void Hide(StripMask strip, ReadOnlySpan<byte> visible, bool* real)
    {
        for (var j = 0; j < strip.Columns.Length; j++)
        {
            var scores = _scores + (j * _rows);
            if (real != null && !real[strip.Columns[j]])
            {
                new Span<float>(scores, _rows).Fill(-Nothing);
                continue;
            }

            var row = visible.Slice(j * _rows, _rows);
            if (row.IndexOf((byte)0) < 0)
            {
                continue;
            }

            for (var i = 0; i < _rows; i++)
            {
                scores[i] = row[i] == 0 ? -Nothing : scores[i];
            }
        }
    }

    /// <summary>Scores become e^(score − largest), zero where hidden; sums and largest by query.</summary>
    private void Softmax(int count)
    {
        var width = TSimd.Lanes;
        var (least, hidden, zero) = (TSimd.Broadcast(-80), TSimd.Broadcast(-Nothing / 2), TSimd.Broadcast(0));
        for (var lane = 0; lane < _rows; lane += width)
        {
            var largest = TSimd.Broadcast(-Nothing);
            for (var j = 0; j < count; j++)
            {
                largest = TSimd.Max(largest, TSimd.Load(_scores + (j * _rows) + lane));
            }

            TSimd.Store(_largest + lane, largest);
            // Where a query sees nothing at all, its own largest would give weights of one.
            var from = TSimd.Max(largest, hidden);
            var sum = zero;
            for (var j = 0; j < count; j++)
            {
                var place = _scores + (j * _rows) + lane;
                var weight = Weight(TSimd.Load(place), from, least);
                TSimd.Store(place, weight);
                sum = TSimd.Add(sum, weight);
            }

            TSimd.Store(_sums + lane, sum);
        }
    }

    /// <summary>Scores become weights P, slopes become P ⊙ (∂P − o·∂o).</summary>
    private void Differentiate(int count)
    {
        var width = TSimd.Lanes;
        var (least, minus) = (TSimd.Broadcast(-80), TSimd.Broadcast(-1));
        for (var lane = 0; lane < _rows; lane += width)
        {
            var (lse, delta) = (TSimd.Load(_largest + lane), TSimd.Multiply(minus, TSimd.Load(_sums + lane)));
            for (var j = 0; j < count; j++)
            {
                float* place = _scores + (j * _rows) + lane, slope = _slopes + (j * _rows) + lane;
                var weight = Weight(TSimd.Load(place), lse, least);
                TSimd.Store(place, weight);
                TSimd.Store(slope, TSimd.Multiply(weight, TSimd.Add(TSimd.Load(slope), delta)));
            }
        }
    }

    /// <summary>e^(score − from), exactly zero from −80 on: what is hidden lies far below.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Weight(TVector score, TVector from, TVector least)
    {
        var exponent = TSimd.MultiplyAdd(from, TSimd.Broadcast(-1), score);
        var kept = TSimd.Max(exponent, least);
        // 0 at the bound, 1 from one above it on.
        var step = TSimd.Min(TSimd.MultiplyAdd(least, TSimd.Broadcast(-1), kept), TSimd.Broadcast(1));
        return TSimd.Multiply(TSimd.Exp(kept), step);
    }

    private void Transpose(HeadView rows, long first, int count, int size, float* to)
    {
        for (var i = 0; i < count; i++)
        {
            var row = rows.Row(first + i);
            for (var d = 0; d < size; d++)
            {
                to[(d * _rows) + i] = row[d];
            }
        }

        for (var d = 0; d < size && count < _rows; d++)
        {
            new Span<float>(to + (d * _rows) + count, _rows - count).Clear();
        }
    }

    private static void Gather(HeadView rows, StripMask strip, int size, int pitch, float* to)
    {
        for (var j = 0; j < strip.Columns.Length; j++)
        {
            new ReadOnlySpan<float>(rows.Row(strip.Columns[j]), size).CopyTo(new Span<float>(to + (j * pitch), size));
        }
    }

    private static void Copy(HeadView rows, long first, int count, int size, int pitch, float* to)
    {
        for (var i = 0; i < count; i++)
        {
            var place = new Span<float>(to + (i * pitch), pitch);
            new ReadOnlySpan<float>(rows.Row(first + i), size).CopyTo(place);
            place[size..].Clear();
        }
    }

    private void Scatter(HeadView rows, StripMask strip, int size, int pitch)
    {
        for (var j = 0; j < strip.Columns.Length; j++)
        {
            Rows<TSimd, TVector>.AddScaled(rows.Row(strip.Columns[j]), _gathered + (j * pitch), 1, size);
        }
    }

    private void Reserve(int columns)
    {
        if (columns <= _capacity)
        {
            return;
        }

        _strip.Dispose();
        _strip = new Arena();
        _capacity = columns;
        _scores = _strip.Take((long)columns * _rows);
        _slopes = _strip.Take((long)columns * _rows);
        _keys = _strip.Take((long)columns * _keyPitch);
        _values = _strip.Take((long)columns * _valuePitch);
        _gathered = _strip.Take((long)columns * Math.Max(_keyPitch, _valuePitch));
    }

    private static int Up(int size) => (size + TSimd.Lanes - 1) / TSimd.Lanes * TSimd.Lanes;
}

/// <summary>The rows of one head of a tensor.</summary>
internal readonly unsafe struct HeadView(TensorView view, long batch, long head)
{
    private readonly float* _start = view.Head(batch, head);
    private readonly nint _stride = view.Stride;

    /// <summary>The row of a token.</summary>
    public float* Row(long token) => _start + (token * _stride);
}
