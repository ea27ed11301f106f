using System.Runtime.CompilerServices;

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
        }

        for (nint done = 0; done < scan.Length;)
        {
            var count = (int)Math.Min(Block, scan.Length - done);
            if (decays)
            {
                count = FoldDecay(scan, done, count, width);
            }

            Take(scan, done, count, decays);
            if (scan.Dependence != Dependence.None)
            {
                Resolve<TProgram>(scan, done, count, decays);
            }

            ScanCore<TSimd, TVector, TProgram>.Apply(
                State, _rows, _columns, scan.Axis == DecayAxis.Rows ? _pending : null, scan.Axis == DecayAxis.Columns ? _pending : null,
                _left, _right0, _right1, _outX, _outY);
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

        for (var j = 0; j <= Block; j++)
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
        Fill(_cumulative, width, 1);
        Fill(_inverse, width, 1);
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

    private void Take(Scan scan, nint done, int count, bool decays)
    {
        var rowDecay = decays && scan.Axis == DecayAxis.Rows;
        var columnDecay = decays && scan.Axis == DecayAxis.Columns;
        for (var j = 0; j < Block; j++)
        {
            var token = j < count ? TokenAt(scan, done + j) : -1;
            var left = _left + (j * 4 * _rows);
            TakeRow(scan.Write0, token, left, scan.Rows, _rows, rowDecay ? At(_inverse, j, scan.Write0, _rows) : null);
            TakeRow(scan.Write1, token, left + _rows, scan.Rows, _rows, rowDecay ? At(_inverse, j, scan.Write1, _rows) : null);
            TakeRow(scan.ReadX, token, left + (2 * _rows), scan.Rows, _rows, rowDecay ? At(_cumulative, j, scan.ReadX, _rows) : null);
            TakeRow(scan.ReadY, token, left + (3 * _rows), scan.Rows, _rows, rowDecay ? At(_cumulative, j, scan.ReadY, _rows) : null);
            TakeRow(scan.Right0, token, _right0 + (j * _columns), scan.Columns, _columns, columnDecay ? At(_inverse, j, scan.Right0, _columns) : null);
            TakeRow(scan.Right1, token, _right1 + (j * _columns), scan.Columns, _columns, columnDecay ? At(_inverse, j, scan.Right1, _columns) : null);
        }
    }

    private static float* At(float* factors, int j, in TokenRows rows, int width) => factors + ((rows.AfterDecay ? j + 1 : j) * width);

    /// <summary>One token's row into the block, zeros past the end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TakeRow(in TokenRows rows, nint token, float* to, int count, int padded, float* fold)
    {
        if (rows.Start == null)
        {
            return;
        }

        if (token < 0)
        {
            Fill(to, padded, 0);
            return;
        }

        var from = rows.Start + (token * rows.Stride);
        var factor = rows.TokenFactor == null ? rows.Factor : rows.Factor * rows.TokenFactor[token];
        var scale = TSimd.Broadcast(factor);
        var i = 0;
        for (; i + TSimd.Lanes <= count; i += TSimd.Lanes)
        {
            var x = TSimd.Load(from + i);
            x = rows.EluPlusOne ? Rows<TSimd, TVector>.EluPlusOne(x) : x;
            x = TSimd.Multiply(x, scale);
            TSimd.Store(to + i, fold == null ? x : TSimd.Multiply(x, TSimd.Load(fold + i)));
        }

        for (; i < count; i++)
        {
            var x = Rows<TSimd, TVector>.EluPlusOne(from[i], rows.EluPlusOne);
            to[i] = x * factor * (fold == null ? 1 : fold[i]);
        }
    }

    /// <summary>Computes the dependent right rows of the block.</summary>
    private void Resolve<TProgram>(Scan scan, nint done, int count, bool decays)
        where TProgram : IScanProgram
    {
        for (var j = 0; j < Block; j++)
        {
            var token = j < count ? TokenAt(scan, done + j) : -1;
            TakeRow(scan.Dependent, token, _dependent + (j * _rows), scan.Rows, _rows, decays ? At(_cumulative, j, scan.Dependent, _rows) : null);
        }

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
                MultiplyInto(y, _cumulative + ((scan.ReadYAfter ? j + 1 : j) * width), _columns);
            }

            output.Take(TokenAt(scan, done + j), x, y);
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

    private static void Fill(float* to, int count, float value)
    {
        for (var i = 0; i < count; i += TSimd.Lanes)
        {
            TSimd.Store(to + i, TSimd.Broadcast(value));
        }
    }

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

    private void AddScaled(float* to, float* from, float factor)
    {
        var scale = TSimd.Broadcast(factor);
        for (var i = 0; i < _columns; i += TSimd.Lanes)
        {
            TSimd.Store(to + i, TSimd.MultiplyAdd(scale, TSimd.Load(from + i), TSimd.Load(to + i)));
        }
    }

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
