using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Bench.Attention.Primitives.Fused;

/// <summary>
/// Drives a <see cref="Scan"/> block by block: takes the tokens' rows, folds the decay of the block into them, resolves dependent writes by
/// a four-token triangular solve, and lets <see cref="ScanCore{TSimd, TVector, TProgram}"/> do the state.
/// </summary>
/// <remarks>
/// Inside a block rows that are written are divided by the decay since its start and rows that are read are multiplied by it, so that the
/// state itself is scaled once a block. A block in which a row decays by more than e^−60 is taken token by token, and a single decay is
/// bounded by e^−60, far below the rounding of float32.
/// </remarks>
internal sealed unsafe class Scanner<TSimd, TVector> : IDisposable
    where TSimd : ISimd<TVector>
    where TVector : unmanaged
{
    private const int Block = 4;
    private const float StrongestLog = -60;

    private readonly Arena _arena = new();
    private readonly int _rows;
    private readonly int _columns;
    private readonly float* _left;       // [4 tokens][4 roles][R]
    private readonly float* _dependent;  // [4][R]
    private readonly float* _scaled;     // [4][R]: the same against the unscaled state
    private readonly float* _right0;     // [4][C]
    private readonly float* _right1;     // [4][C]
    private readonly float* _outX;       // [4][C]
    private readonly float* _outY;       // [4][C]
    private readonly float* _log;        // [5][max(R, C)]: cumulative logarithms
    private readonly float* _cumulative; // [5][max(R, C)]: their exponentials
    private readonly float* _inverse;    // [5][max(R, C)]: and the inverses of those
    private readonly float* _pending;    // [max(R, C)]: decay that the state has not had yet

    /// <summary>Room for a state of this size.</summary>
    public Scanner(int rows, int columns)
    {
        (_rows, _columns) = (Padded(rows, TSimd.Lanes), Padded(columns, 2 * TSimd.Lanes));
        var widest = Math.Max(_rows, _columns);
        State = _arena.Take((long)_rows * _columns);
        _left = _arena.Take(Block * 4L * _rows);
        _dependent = _arena.Take(Block * _rows);
        _scaled = _arena.Take(Block * _rows);
        _right0 = _arena.Take(Block * _columns);
        _right1 = _arena.Take(Block * _columns);
        _outX = _arena.Take(Block * _columns);
        _outY = _arena.Take(Block * _columns);
        _log = _arena.Take((Block + 1) * widest);
        _cumulative = _arena.Take((Block + 1) * widest);
        _inverse = _arena.Take((Block + 1) * widest);
        _pending = _arena.Take(widest);
    }

    /// <summary>The state: padded rows of <see cref="Pitch"/> floats.</summary>
    public float* State { get; }

    /// <summary>Floats from one row of the state to the next.</summary>
    public int Pitch => _columns;

    /// <summary>Floats from one left row of a token to the next.</summary>
    public int RowPitch => _rows;

    /// <inheritdoc />
    public void Dispose() => _arena.Dispose();

    /// <summary>Puts a matrix into the state; element (r, c) at <c>from[r·rowStride + c·columnStride]</c>, zeros when null.</summary>
    public void Put(float* from, int rows, int columns, nint rowStride, nint columnStride)
    {
        for (var r = 0; r < _rows; r++)
        {
            for (var c = 0; c < _columns; c++)
            {
                State[((nint)r * _columns) + c] = from != null && r < rows && c < columns ? from[(r * rowStride) + (c * columnStride)] : 0;
            }
        }
    }

    /// <summary>Copies the state out.</summary>
    public void Get(float* to, int rows, int columns, nint rowStride, nint columnStride)
    {
        for (var r = 0; r < rows; r++)
        {
            for (var c = 0; c < columns; c++)
            {
                to[(r * rowStride) + (c * columnStride)] = State[((nint)r * _columns) + c];
            }
        }
    }

    /// <summary>Runs a scan; the state is complete when it returns.</summary>
    public void Run<TProgram>(Scan scan)
        where TProgram : IScanProgram
    {
        var decays = scan.Axis != DecayAxis.None;
        var width = scan.Axis == DecayAxis.Rows ? _rows : _columns;
        if (decays)
        {
            Fill(_pending, width, 1);
            Fill(_cumulative, width, 1);
            Fill(_inverse, width, 1);
        }

        var folded = 0;
        for (nint done = 0; done < scan.Length;)
        {
            var count = (int)Math.Min(Block, scan.Length - done);
            if (decays && (scan.DecayStride != 0 || folded < Block || count < Block))
            {
                // A constant decay is the same in every whole block.
                folded = count = FoldDecay(scan, done, count, width);
            }

            Take(scan, done, count);
            if (scan.Dependence != Dependence.None)
            {
                Resolve<TProgram>(scan, done, count, decays);
            }

            Apply<TProgram>(scan, done, count);
            if (decays)
            {
                Copy(_pending, _cumulative + (Block * width), width);
            }

            Emit(scan, done, count, width);
            done += count;
        }

        if (decays)
        {
            Settle(scan.Axis);
        }
    }

    /// <summary>Lets a block through the state; whole blocks of whole rows are read and written in place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Apply<TProgram>(Scan scan, nint done, int count)
        where TProgram : IScanProgram
    {
        var isWhole = count == Block && scan.Columns == _columns;
        var first = TokenAt(scan, done);
        nint step = scan.Reverse ? -_columns : _columns;
        float* rowScale = scan.Axis == DecayAxis.Rows ? _pending : null, columnScale = scan.Axis == DecayAxis.Columns ? _pending : null;
        var isDirect = isWhole && scan.DirectX != null;
        var output = isDirect ? scan.DirectX + (first * _columns) : _outX;
        ScanCore<TSimd, TVector, TProgram>.Apply(
            State, _rows, _columns, rowScale, columnScale, _left, _right0, _columns, _right1, output, isDirect ? step : _columns, _outY);
        for (var j = 0; j < count && scan.DirectX != null && !isDirect; j++)
        {
            Save(scan.DirectX + (TokenAt(scan, done + j) * scan.Columns), _outX + (j * _columns), scan.Columns);
        }
    }

    private static int Padded(int count, int multiple) => (count + multiple - 1) / multiple * multiple;

    private static nint TokenAt(Scan scan, nint position) => scan.Reverse ? scan.Length - 1 - position : position;

    /// <summary>Cumulative decays of the block; returns how many tokens it may hold.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int FoldDecay(Scan scan, nint done, int count, int width)
    {
        if (scan.DecayWidth == 1)
        {
            return FoldOneDecay(scan, done, count, width);
        }

        var lowest = TSimd.Broadcast(0);
        for (var j = 0; j < Block; j++)
        {
            float* before = _log + (j * width), after = before + width;
            if (j >= count)
            {
                Copy(after, before, width);
                continue;
            }

            var source = scan.Decay + (TokenAt(scan, done + j) * scan.DecayStride);
            var i = 0;
            for (; i + TSimd.Lanes <= scan.DecayWidth; i += TSimd.Lanes)
            {
                var bounded = TSimd.Max(TSimd.Load(source + i), TSimd.Broadcast(StrongestLog));
                var sum = TSimd.Add(TSimd.Load(before + i), bounded);
                TSimd.Store(after + i, sum);
                lowest = TSimd.Min(lowest, sum);
            }

            for (; i < scan.DecayWidth; i++)
            {
                after[i] = before[i] + MathF.Max(source[i], StrongestLog);
                lowest = TSimd.Min(lowest, TSimd.Broadcast(after[i]));
            }
        }

        if (Lowest(lowest) < StrongestLog && count > 1)
        {
            return FoldDecay(scan, done, 1, width);
        }

        for (var j = 1; j <= Block; j++)
        {
            for (var i = 0; i < width; i += TSimd.Lanes)
            {
                var cumulative = TSimd.Exp(TSimd.Load(_log + (j * width) + i));
                TSimd.Store(_cumulative + (j * width) + i, cumulative);
                TSimd.Store(_inverse + (j * width) + i, TSimd.Divide(TSimd.Broadcast(1), cumulative));
            }
        }

        return count;
    }

    private int FoldOneDecay(Scan scan, nint done, int count, int width)
    {
        var sum = 0f;
        for (var j = 0; j < Block; j++)
        {
            if (j < count)
            {
                sum += MathF.Max(scan.Decay[TokenAt(scan, done + j) * scan.DecayStride], StrongestLog);
            }

            if (sum < StrongestLog && count > 1)
            {
                return FoldOneDecay(scan, done, 1, width);
            }

            var factor = MathF.Exp(sum);
            Fill(_cumulative + ((j + 1) * width), width, factor);
            Fill(_inverse + ((j + 1) * width), width, 1 / factor);
        }

        return count;
    }

    /// <summary>Takes the rows of all roles; the factor of a decay that is one number goes with the row's own factor.</summary>
    private void Take(Scan scan, nint done, int count)
    {
        var rowDecay = scan.Axis == DecayAxis.Rows;
        var columnDecay = scan.Axis == DecayAxis.Columns;
        TakeRole(scan, scan.Write0, done, count, _left, 4 * _rows, scan.Rows, _rows, rowDecay ? _inverse : null);
        TakeRole(scan, scan.Write1, done, count, _left + _rows, 4 * _rows, scan.Rows, _rows, rowDecay ? _inverse : null);
        TakeRole(scan, scan.ReadX, done, count, _left + (2 * _rows), 4 * _rows, scan.Rows, _rows, rowDecay ? _cumulative : null);
        TakeRole(scan, scan.ReadY, done, count, _left + (3 * _rows), 4 * _rows, scan.Rows, _rows, rowDecay ? _cumulative : null);
        TakeRole(scan, scan.Right0, done, count, _right0, _columns, scan.Columns, _columns, columnDecay ? _inverse : null);
        TakeRole(scan, scan.Right1, done, count, _right1, _columns, scan.Columns, _columns, columnDecay ? _inverse : null);
    }

    /// <summary>One role's rows of a block, zeros past the end.</summary>
    /// <param name="scan">The scan.</param>
    /// <param name="rows">The role.</param>
    /// <param name="done">Position of the block.</param>
    /// <param name="count">Tokens in it.</param>
    /// <param name="to">First row.</param>
    /// <param name="pitch">Floats from one token's row to the next.</param>
    /// <param name="width">Numbers in a row.</param>
    /// <param name="padded">The same, padded.</param>
    /// <param name="fold">Factors by token and number, or null.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TakeRole(
        Scan scan, in TokenRows rows, nint done, int count, float* to, int pitch, int width, int padded, float* fold)
    {
        if (rows.Start == null)
        {
            return;
        }

        var isElu = rows.EluPlusOne;
        // Rows of the block after the next are on their way while this one is computed; past the end a prefetch does nothing.
        var ahead = (scan.Reverse ? -2 : 2) * Block * rows.Stride;
        for (var j = 0; j < Block; j++, to += pitch)
        {
            if (j >= count)
            {
                Fill(to, padded, 0);
                continue;
            }

            var token = scan.Reverse ? scan.Length - 1 - done - j : done + j;
            var from = rows.Start + (token * rows.Stride);
            var factor = rows.TokenFactor == null ? rows.Factor : rows.Factor * rows.TokenFactor[token];
            var folds = fold == null ? null : fold + ((rows.AfterDecay ? j + 1 : j) * padded);
            if (folds != null && scan.DecayWidth == 1)
            {
                factor *= folds[0];
                folds = null;
            }

            var scale = TSimd.Broadcast(factor);
            var i = 0;
            for (; i + TSimd.Lanes <= width; i += TSimd.Lanes)
            {
                if (Sse.IsSupported)
                {
                    Sse.Prefetch0(from + i + ahead);
                }

                var x = TSimd.Load(from + i);
                x = TSimd.Multiply(isElu ? Rows<TSimd, TVector>.EluPlusOne(x) : x, scale);
                TSimd.Store(to + i, folds == null ? x : TSimd.Multiply(x, TSimd.Load(folds + i)));
            }

            for (; i < width; i++)
            {
                to[i] = Rows<TSimd, TVector>.EluPlusOne(from[i], isElu) * factor * (folds == null ? 1 : folds[i]);
            }
        }
    }

    /// <summary>Computes the dependent right rows of the block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Resolve<TProgram>(Scan scan, nint done, int count, bool decays)
        where TProgram : IScanProgram
    {
        TakeRole(scan, scan.Dependent, done, count, _dependent, _rows, scan.Rows, _rows, decays ? _cumulative : null);
        var left = _dependent;
        if (decays)
        {
            for (var i = 0; i < Block * _rows; i += TSimd.Lanes)
            {
                TSimd.Store(_scaled + i, TSimd.Multiply(TSimd.Load(_dependent + i), TSimd.Load(_pending + (i % _rows))));
            }

            left = _scaled;
        }

        ScanCore<TSimd, TVector, TProgram>.Read(State, _rows, _columns, left, _outX);
        var isAdjoint = scan.Dependence is Dependence.DeltaAdjoint or Dependence.CorrectionAdjoint;
        for (var j = 0; j < count; j++)
        {
            var token = TokenAt(scan, done + j);
            var read = _outX + (j * _columns);
            var row = _dependent + (j * _rows);
            for (var i = 0; i < j + (isAdjoint ? 1 : 0); i++)
            {
                AddScaled(read, _right0 + (i * _columns), Dot(row, _left + (i * 4 * _rows), _rows));
            }

            for (var i = 0; i < j && scan.Dependence != Dependence.Delta; i++)
            {
                AddScaled(read, _right1 + (i * _columns), Dot(row, _left + (((i * 4) + 1) * _rows), _rows));
            }

            Depend(scan, token, j, read);
        }

        for (var j = count; j < Block; j++)
        {
            Fill(scan.Dependence == Dependence.Delta ? _right0 + (j * _columns) : _right1 + (j * _columns), _columns, 0);
        }
    }

    /// <summary>From what a token read to what it writes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Depend(Scan scan, nint token, int j, float* read)
    {
        var strength = scan.Strength == null ? 1 : scan.Strength[token];
        var kept = scan.Kept == null ? null : scan.Kept + (token * scan.Columns);
        if (scan.Dependence == Dependence.Delta)
        {
            var value = _right0 + (j * _columns);
            AddScaled(value, read, -1);
            Save(kept, value, scan.Columns);
            Scale(value, strength);
            return;
        }

        if (scan.Dependence == Dependence.DeltaAdjoint)
        {
            scan.StrengthGradient[token] = Rows<TSimd, TVector>.Dot(scan.Errors + (token * scan.Columns), read, scan.Columns);
            Scale(read, strength);
        }

        Copy(_right1 + (j * _columns), read, _columns);
        Save(kept, read, scan.Columns);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Emit(Scan scan, nint done, int count, int width)
    {
        if (scan.Output is not { } output)
        {
            return;
        }

        for (var j = 0; j < count; j++)
        {
            float* x = _outX + (j * _columns), y = _outY + (j * _columns);
            if (scan.Axis == DecayAxis.Columns)
            {
                MultiplyInto(x, _cumulative + ((scan.ReadXAfter ? j + 1 : j) * width), _columns);
                if (scan.ReadY.Start != null)
                {
                    MultiplyInto(y, _cumulative + ((scan.ReadYAfter ? j + 1 : j) * width), _columns);
                }
            }

            output.Take(TokenAt(scan, done + j), x, y, _left + (j * 4 * _rows), _right0 + (j * _columns));
        }
    }

    /// <summary>Applies the decay that is still pending.</summary>
    private void Settle(DecayAxis axis)
    {
        for (var r = 0; r < _rows; r++)
        {
            var row = State + ((nint)r * _columns);
            if (axis == DecayAxis.Rows)
            {
                for (var c = 0; c < _columns; c++)
                {
                    row[c] *= _pending[r];
                }
            }
            else
            {
                MultiplyInto(row, _pending, _columns);
            }
        }
    }

    private static float Lowest(TVector x)
    {
        var lanes = stackalloc float[TSimd.Lanes];
        TSimd.Store(lanes, x);
        var lowest = lanes[0];
        for (var i = 1; i < TSimd.Lanes; i++)
        {
            lowest = MathF.Min(lowest, lanes[i]);
        }

        return lowest;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Fill(float* to, int count, float value)
    {
        for (var i = 0; i < count; i += TSimd.Lanes)
        {
            TSimd.Store(to + i, TSimd.Broadcast(value));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Copy(float* to, float* from, int count)
    {
        for (var i = 0; i < count; i += TSimd.Lanes)
        {
            TSimd.Store(to + i, TSimd.Load(from + i));
        }
    }

    private static void Save(float* to, float* from, int count)
    {
        if (to != null)
        {
            new ReadOnlySpan<float>(from, count).CopyTo(new Span<float>(to, count));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void AddScaled(float* to, float* from, float factor)
    {
        var scale = TSimd.Broadcast(factor);
        for (var i = 0; i < _columns; i += TSimd.Lanes)
        {
            TSimd.Store(to + i, TSimd.MultiplyAdd(scale, TSimd.Load(from + i), TSimd.Load(to + i)));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Scale(float* to, float factor)
    {
        for (var i = 0; i < _columns; i += TSimd.Lanes)
        {
            TSimd.Store(to + i, TSimd.Multiply(TSimd.Load(to + i), TSimd.Broadcast(factor)));
        }
    }

    private static void MultiplyInto(float* to, float* factors, int count)
    {
        for (var i = 0; i < count; i += TSimd.Lanes)
        {
            TSimd.Store(to + i, TSimd.Multiply(TSimd.Load(to + i), TSimd.Load(factors + i)));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Dot(float* a, float* b, int count)
    {
        var sum = TSimd.Broadcast(0);
        for (var i = 0; i < count; i += TSimd.Lanes)
        {
            sum = TSimd.MultiplyAdd(TSimd.Load(a + i), TSimd.Load(b + i), sum);
        }

        return TSimd.Sum(sum);
    }
}
