using System.Runtime.InteropServices;

namespace Bench.Attention.Primitives.Fused;

/// <summary>One row per token of a tensor, and what is done to it when a scan takes it.</summary>
internal unsafe struct TokenRows
{
    /// <summary>Row of token 0; null when the role is empty.</summary>
    public float* Start;

    /// <summary>Floats from one token's row to the next; 0 when all share one.</summary>
    public nint Stride;

    /// <summary>Factor on every number.</summary>
    public float Factor;

    /// <summary>Further factor by token, or null.</summary>
    public float* TokenFactor;

    /// <summary>Further factor by token and number, or null.</summary>
    public float* Times;

    /// <summary>Floats from one token's factors to the next's.</summary>
    public nint TimesStride;

    /// <summary>Whether elu + 1 comes first.</summary>
    public bool EluPlusOne;

    /// <summary>Where to keep the rows behind elu + 1, contiguous, before any factor; null for nowhere.</summary>
    public float* Features;

    /// <summary>Whether the row meets the state after the token's own decay (in the scan's direction).</summary>
    public bool AfterDecay;
}

/// <summary>Along which side of the state the decay acts.</summary>
internal enum DecayAxis
{
    /// <summary>Nothing decays.</summary>
    None,

    /// <summary>A factor for each row, or one for all.</summary>
    Rows,

    /// <summary>A factor for each column, or one for all.</summary>
    Columns,
}

/// <summary>Where the left rows of a block may lie.</summary>
internal enum LeftRows
{
    /// <summary>Side by side, roles of a token after one another.</summary>
    SideBySide,

    /// <summary>Anywhere, each role's at a pitch of its own.</summary>
    Anywhere,

    /// <summary>Anywhere at one pitch, second roles too.</summary>
    AnywhereAtOnePitch,
}

/// <summary>Which write depends on what the state holds.</summary>
internal enum Dependence
{
    /// <summary>None.</summary>
    None,

    /// <summary>First write: β (v − p), p read just before it.</summary>
    Delta,

    /// <summary>Second write: p, read before the first.</summary>
    Correction,

    /// <summary>Second write: β p, p read after the first.</summary>
    DeltaAdjoint,

    /// <summary>Second write: p, read after the first.</summary>
    CorrectionAdjoint,
}

/// <summary>Rows of C floats by token that a scan writes what it read to.</summary>
internal unsafe struct OutputRows
{
    /// <summary>Row of token 0; null when nobody wants the rows as they are.</summary>
    public float* Start;

    /// <summary>Whether to add to what is there.</summary>
    public bool Adds;

    /// <summary>Whether a column decay's factor is taken after the token's own decay.</summary>
    public bool AfterDecay;
}

/// <summary>What a scan does beside the state's own arithmetic.</summary>
internal abstract unsafe class ScanOutput
{
    /// <summary>Whether <see cref="Prepare"/> does anything: left rows are then copied side by side.</summary>
    public virtual bool Prepares => false;

    /// <summary>Sees the left rows of a block before the state does.</summary>
    /// <param name="token">Index in the sequence of the block's first token.</param>
    /// <param name="count">Tokens of the block.</param>
    /// <param name="left">Four rows a token: write, second write, read X, read Y.</param>
    public virtual void Prepare(nint token, int count, float* left)
    {
    }

    /// <summary>Changes what a block has read into X before anybody takes it.</summary>
    /// <param name="token">Index in the sequence of the block's first token.</param>
    /// <param name="count">Tokens of the block.</param>
    /// <param name="x">The first token's row.</param>
    /// <param name="pitch">Floats to the next token's.</param>
    public virtual void Adjust(nint token, int count, float* x, nint pitch)
    {
    }

    /// <summary>Takes the tokens of a block once it is through.</summary>
    /// <param name="tokens">Which tokens, and what the block read and wrote.</param>
    public virtual void Take(in TakenTokens tokens)
    {
    }
}

/// <summary>The tokens of a block after its scan, at most four.</summary>
internal unsafe struct TakenTokens
{
    /// <summary>Index in the sequence of the first token.</summary>
    public nint First;

    /// <summary>How many.</summary>
    public int Count;

    /// <summary>From one token's index to the next: 1 or −1.</summary>
    public int Step;

    /// <summary>What read X gave the first token, C floats.</summary>
    public float* X;

    /// <summary>Floats to the next token's.</summary>
    public nint PitchX;

    /// <summary>Right row of the first write of the first token, C floats.</summary>
    public float* Right;

    /// <summary>Floats to the next token's.</summary>
    public nint PitchRight;
}

/// <summary>
/// A pass of one head over tokens of the sequence with an R × C state: rows that are written (outer products of a left and a right row), rows
/// that are read, decay, and dependence. Forward passes, recomputed states and adjoint states are all scans.
/// </summary>
internal sealed unsafe class Scan
{
    /// <summary>First token; the last when <see cref="Reverse"/>.</summary>
    public nint First;

    /// <summary>Tokens.</summary>
    public nint Length;

    /// <summary>R.</summary>
    public int Rows;

    /// <summary>C.</summary>
    public int Columns;

    /// <summary>From <see cref="First"/> backward.</summary>
    public bool Reverse;

    /// <summary>Left row of the first write, R.</summary>
    public TokenRows Write0;

    /// <summary>Right row of the first write, C.</summary>
    public TokenRows Right0;

    /// <summary>Left row of the second write, R.</summary>
    public TokenRows Write1;

    /// <summary>Right row of the second write, C; empty when it is the dependent one.</summary>
    public TokenRows Right1;

    /// <summary>Row of read X, R.</summary>
    public TokenRows ReadX;

    /// <summary>Row of read Y, R.</summary>
    public TokenRows ReadY;

    /// <summary>Logarithms of the decay; one number a token or one a row or column.</summary>
    public float* Decay;

    /// <summary>Floats from one token's decay to the next.</summary>
    public nint DecayStride;

    /// <summary>1, or R or C.</summary>
    public int DecayWidth;

    /// <summary>Whether <see cref="Decay"/> holds ω for −e^ω; only with a number a row or column.</summary>
    public bool DecayIsRate;

    /// <summary>With <see cref="DecayIsRate"/>: receives the logarithms, contiguous rows; null for nowhere.</summary>
    public float* KeptDecay;

    /// <summary>Side of the decay.</summary>
    public DecayAxis Axis;

    /// <summary>Row of the dependent read, R; of the opposite sign for the delta rule, which subtracts it.</summary>
    public TokenRows Dependent;

    /// <summary>β by token, for the delta rule.</summary>
    public float* Strength;

    /// <summary>Receives, by token, v − p (delta), p (correction), β p (delta adjoint) or p (correction adjoint): C floats each.</summary>
    public float* Kept;

    /// <summary>For the delta adjoint: rows v − p of the forward pass, and where their products with p (the gradient of β) go.</summary>
    public float* Errors, StrengthGradient;

    /// <summary>Where read X and read Y go.</summary>
    public OutputRows X, Y;

    /// <summary>Further rows of R that <see cref="Output"/> reads, to be asked for in time.</summary>
    public TokenRows[] BesideLeft = [];

    /// <summary>Further rows of C that it reads.</summary>
    public TokenRows[] BesideRight = [];

    /// <summary>What else happens by block and token; null for nothing.</summary>
    public ScanOutput? Output;
}

/// <summary>The memory of one head's scans: aligned, zeroed, freed at the end.</summary>
internal sealed unsafe class Arena : IDisposable
{
    private const nuint Alignment = 64;
    private readonly List<nint> _blocks = [];

    /// <summary>Zeroed room for this many floats.</summary>
    public float* Take(long floats)
    {
        var block = TakeRaw(floats);
        NativeMemory.Clear(block, (nuint)floats * sizeof(float));
        return block;
    }

    /// <summary>Room for this many floats that the caller will fill.</summary>
    public float* TakeRaw(long floats)
    {
        var block = NativeMemory.AlignedAlloc(((nuint)floats * sizeof(float)) + Alignment, Alignment);
        _blocks.Add((nint)block);
        return (float*)block;
    }

    /// <summary>Rows of tokens that the caller will fill, at a place of <see cref="Staggered"/>.</summary>
    public float* TakeRows(long floats, int place)
    {
        var block = TakeRaw(floats + Staggered.PageFloats);
        return block + (Staggered.BytesTo((nint)block, place) / sizeof(float));
    }

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (var block in _blocks)
        {
            NativeMemory.AlignedFree((void*)block);
        }

        _blocks.Clear();
    }
}
