using System.Runtime.CompilerServices;

namespace Bench.Attention.Primitives.Fused;

/// <summary>
/// Drives a <see cref="Scan"/> block by block: takes the tokens' rows, folds the decay of the block into them, and lets
/// <see cref="ScanCore{TSimd, TVector, TProgram}"/> do the state. The state stays between scans.
/// </summary>
/// <remarks>
/// Every method on the way of a block is compiled with full optimisation at once: one that waits for its turn among the tiers halves the speed.
/// Rows that are written are divided by the decay since the state was scaled last and rows that are read are multiplied by it, so that the state itself
/// is scaled only where that decay has become strong (e^−30). A block in which a row decays by more than e^−60 is taken token by token, and a single
/// decay is bounded by e^−60, far below the rounding of float32.
/// </remarks>
internal sealed unsafe partial class Scanner<TSimd, TVector> : IDisposable
    where TSimd : ISimd<TVector>
    where TVector : unmanaged
{
    private const int Block = 4;
    private const int LeftRoles = 4;

    private readonly Arena _arena = new();
    private readonly int _rows;
    private readonly int _columns;
    private readonly float* _left;       // [4 tokens][4 roles][R]
    private readonly float* _dependent;  // [4][R]
    private readonly float* _gram0;      // [12]
    private readonly float* _gram1;      // [12]
    private readonly float* _strength;   // [4]
    private readonly float* _right0;     // [4][C]
    private readonly float* _right1;     // [4][C]
    private readonly float* _resolved;   // [4][C]
    private readonly float* _kept;       // [4][C]
    private readonly float* _errors;     // [4][C]
    private readonly float* _errorSums;  // [4][lanes]
    private readonly float* _outX;       // [4][C]
    private readonly float* _outY;       // [4][C]
    private readonly float* _ones;       // [max(R, C)]: no decay
    // Another scanner's while a scan goes beside its own.
    private float* _cumulative;          // [5][max(R, C)]: decay since the state was scaled, before the block and after each token
    private float* _inverse;             // [5][max(R, C)]: its inverse
    private readonly float* _rates;      // [4][max(R, C)]: logarithms made of the decays' rates
    private float* _one;                 // [5]: that decay where it is one number a token
    private float* _oneInverse;          // [5]: its inverse
    private readonly float* _uniform;    // [C]: the decay that scales the state, in every column

    /// <summary>Room for a state of this size.</summary>
    public Scanner(int rows, int columns)
    {
        (_rows, _columns) = (Padded(rows, TSimd.Lanes), Padded(columns, 2 * TSimd.Lanes));
        var widest = Math.Max(_rows, _columns);
        State = _arena.Take((long)_rows * _columns);
        _left = _arena.Take(Block * LeftRoles * (long)_rows);
        _dependent = _arena.Take(Block * _rows);
        _gram0 = _arena.Take(Gram.Size);
        _gram1 = _arena.Take(Gram.Size);
        _strength = _arena.Take(Block);
        _right0 = _arena.Take(Block * _columns);
        _right1 = _arena.Take(Block * _columns);
        _resolved = _arena.Take(Block * _columns);
        _kept = _arena.Take(Block * _columns);
        _errors = _arena.Take(Block * _columns);
        _errorSums = _arena.Take(Block * TSimd.Lanes);
        _outX = _arena.Take(Block * _columns);
        _outY = _arena.Take(Block * _columns);
        _cumulative = _arena.Take((Block + 1) * widest);
        _inverse = _arena.Take((Block + 1) * widest);
        _rates = _arena.Take(Block * widest);
        _ones = _arena.Take(widest);
        _one = _arena.Take(Block + 1);
        _oneInverse = _arena.Take(Block + 1);
        _uniform = _arena.Take(_columns);
        // Rows and columns beyond the state's do not decay.
        new Span<float>(_cumulative, (Block + 1) * widest).Fill(1);
        new Span<float>(_inverse, (Block + 1) * widest).Fill(1);
        new Span<float>(_ones, widest).Fill(1);
        Forget();
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
        new Span<float>(State, _rows * _columns).Clear();
        if (from == null)
        {
            return;
        }

        for (var r = 0; r < rows; r++)
        {
            float* to = State + ((nint)r * _columns), row = from + (r * rowStride);
            for (var c = 0; c < columns; c++)
            {
                to[c] = row[c * columnStride];
            }
        }
    }

    /// <summary>Copies the state out, as contiguous rows.</summary>
    public void Get(float* to, int rows, int columns)
    {
        for (var r = 0; r < rows; r++)
        {
            Save(to + ((nint)r * columns), State + ((nint)r * _columns), columns);
        }
    }

    /// <summary>Runs a scan; the state is complete when it returns.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run<TProgram>(Scan scan)
        where TProgram : IScanProgram
    {
        LookAhead(scan);
        for (nint done = 0; done < scan.Length;)
        {
            var count = (int)Math.Min(Block, scan.Length - done);
            var token = scan.Reverse ? scan.First - done : scan.First + done;
            count = scan.Axis == DecayAxis.None ? count : FoldDecay(scan, token, count);
            Take<TProgram>(scan, token, count, out var block);
            Apply<TProgram>(scan, block, token, count);
            Advance(count);
            done += count;
        }

        Settle(scan);
    }

    /// <summary>
    /// Runs two scans of the same tokens side by side, this one's block first: what both read is read once, and where decays fill as much room on this
    /// one's rows as on the other's columns, they are folded once.
    /// </summary>
    /// <param name="scan">This one's scan; its decay acts on rows.</param>
    /// <param name="beside">The other.</param>
    /// <param name="besideScan">The other's scan, of the same tokens and decays; they act on columns.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void RunBeside<TProgram>(Scan scan, Scanner<TSimd, TVector> beside, Scan besideScan)
        where TProgram : IScanProgram
    {
        var decays = scan.Axis != DecayAxis.None;
        var shares = decays && (scan.DecayWidth == 1 || _rows == beside._columns);
        if (shares)
        {
            beside._cumulative = _cumulative;
            beside._inverse = _inverse;
            beside._one = _one;
            beside._oneInverse = _oneInverse;
            (_follower, _followerScan) = (beside, besideScan);
        }

        LookAhead(scan);
        beside.LookAhead(besideScan, this);
        for (nint done = 0; done < scan.Length;)
        {
            var most = (int)Math.Min(Block, scan.Length - done);
            var token = scan.Reverse ? scan.First - done : scan.First + done;
            var count = decays ? FoldDecay(scan, token, most) : most;
            if (shares)
            {
                beside._isScaled = _isScaled;
            }
            else if (decays)
            {
                // The same decays, so the same number of tokens.
                beside.FoldDecay(besideScan, token, most);
            }

            // Both blocks' rows first: what makes the second one's then passes beside the arithmetic of the first.
            Take<TProgram>(scan, token, count, out var block);
            beside.Take<TProgram>(besideScan, token, count, out var besideBlock);
            Apply<TProgram>(scan, block, token, count);
            beside.Apply<TProgram>(besideScan, besideBlock, token, count);
            Advance(count);
            beside.Advance(count);
            done += count;
        }

        Settle(scan);
        beside.Settle(besideScan);
    }

    /// <summary>Whether the rows of a block are read and written in place: whole blocks of whole rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool IsWhole(Scan scan, int count) => count == Block && scan.Columns == _columns;

    /// <summary>Takes the rows of a block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Take<TProgram>(Scan scan, nint token, int count, out ScanBlock block)
        where TProgram : IScanProgram
    {
        var (isWhole, step) = (IsWhole(scan, count), scan.Reverse ? -1 : 1);
        block = new ScanBlock { State = State, Rows = _rows, Columns = _columns, Lines = _lines, LineMask = _lineCount - 1, LineOffset = _lineOffset };
        TakeLeft(scan, ref block, token, count, step, ScanCore<TSimd, TVector, TProgram>.LeftRows);
        block.Right0 = TakeRight(scan, scan.Right0, token, count, step, _right0, isWhole, out block.Pitch0);
        block.Right1 = TakeRight(scan, scan.Right1, token, count, step, _right1, isWhole, out block.Pitch1);
        block.X = Target(scan.X, token, step, _outX, isWhole, out block.PitchX);
        block.Y = Target(scan.Y, token, step, _outY, isWhole, out block.PitchY);
        if (scan.Axis != DecayAxis.None && _isScaled)
        {
            SetScale(scan, ref block);
        }

        if (TProgram.Dependence != Dependence.None)
        {
            PrepareDependence<TProgram>(scan, ref block, token, count, step, isWhole);
        }

        scan.Output?.Prepare(token, count, _left);
    }

    /// <summary>Lets a block whose rows were taken through the state, and puts out what it read.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Apply<TProgram>(Scan scan, in ScanBlock block, nint token, int count)
        where TProgram : IScanProgram
    {
        var (isWhole, step) = (IsWhole(scan, count), scan.Reverse ? -1 : 1);
        ScanCore<TSimd, TVector, TProgram>.Apply(block);
        if (TProgram.Dependence != Dependence.None)
        {
            FinishDependence<TProgram>(scan, token, count, step, isWhole);
        }

        Emit(scan, block, token, count, step, isWhole);
    }

    /// <summary>The decay by which the state is scaled at the end of a block; as long as it is not, rows make up for it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void SetScale(Scan scan, ref ScanBlock block)
    {
        if (scan.DecayWidth == 1)
        {
            new Span<float>(_uniform, _columns).Fill(_one[Block]);
            block.ColumnScale = _uniform;
        }
        else if (scan.Axis == DecayAxis.Rows)
        {
            block.RowScale = _cumulative + (Block * _rows);
        }
        else
        {
            block.ColumnScale = _cumulative + (Block * _columns);
        }
    }

    /// <summary>Where a read of the block goes: in place, or to a copy.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private float* Target(in OutputRows rows, nint token, int step, float* copy, bool isWhole, out nint pitch)
    {
        var isInPlace = isWhole && rows.Start != null && !rows.Adds;
        pitch = isInPlace ? step * _columns : _columns;
        return isInPlace ? rows.Start + (token * _columns) : copy;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Emit(Scan scan, in ScanBlock block, nint token, int count, int step, bool isWhole)
    {
        if (scan.DecayWidth > 1 && scan.Axis == DecayAxis.Columns)
        {
            Fold(scan.X, block.X, block.PitchX);
            Fold(scan.Y, block.Y, block.PitchY);
        }

        scan.Output?.Adjust(token, count, block.X, block.PitchX);
        if (!isWhole || scan.X.Adds || scan.Y.Adds)
        {
            var to = token;
            for (var j = 0; j < count; j++, to += step)
            {
                Save(scan.X, to, block.X + (j * block.PitchX), scan.Columns, isWhole);
                Save(scan.Y, to, block.Y + (j * block.PitchY), scan.Columns, isWhole);
            }
        }

        scan.Output?.Take(new TakenTokens
        {
            First = token,
            Count = count,
            Step = step,
            X = block.X,
            PitchX = block.PitchX,
            Right = block.Right0,
            PitchRight = block.Pitch0,
        });
    }

    /// <summary>Multiplies what a block read by the decay of columns.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Fold(in OutputRows rows, float* x, nint pitch)
    {
        var factors = _cumulative + (rows.AfterDecay ? _columns : 0);
        for (var j = 0; j < Block; j++, x += pitch, factors += _columns)
        {
            Rows<TSimd, TVector>.Multiply(x, factors, _columns);
        }
    }

    /// <summary>Puts a row where it belongs unless it is there already.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Save(in OutputRows rows, nint token, float* from, int count, bool isWhole)
    {
        if (rows.Start == null)
        {
            return;
        }

        var to = rows.Start + (token * count);
        if (rows.Adds)
        {
            Rows<TSimd, TVector>.AddScaled(to, from, 1, count);
        }
        else if (!isWhole)
        {
            Save(to, from, count);
        }
    }

    private static void Save(float* to, float* from, int count) => new ReadOnlySpan<float>(from, count).CopyTo(new Span<float>(to, count));

    private static int Padded(int count, int multiple) => (count + multiple - 1) / multiple * multiple;
}
