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

    /// <summary>Whether elu + 1 comes first.</summary>
    public bool EluPlusOne;

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

/// <summary>Receives what the tokens of a scan read.</summary>
internal abstract unsafe class ScanOutput
{
    /// <summary>Takes one token.</summary>
    /// <param name="token">Its index in the sequence.</param>
    /// <param name="x">What read X gave, C floats.</param>
    /// <param name="y">What read Y gave, C floats.</param>
    /// <param name="left">Its left rows as the scan took them: write, second write, read X, read Y.</param>
    /// <param name="right">Its right row of the first write.</param>
    public abstract void Take(nint token, float* x, float* y, float* left, float* right);
}

/// <summary>
/// A pass of one head over the sequence with an R × C state: rows that are written (outer products of a left and a right row), rows that are
/// read, decay, and dependence. Forward passes, recomputed states and adjoint states are all scans.
/// </summary>
internal sealed unsafe class Scan
{
    /// <summary>N.</summary>
    public nint Length;

    /// <summary>R.</summary>
    public int Rows;

    /// <summary>C.</summary>
    public int Columns;

    /// <summary>From the last token to the first.</summary>
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

    /// <summary>Whether a read's factor of a column decay is taken after the token's own decay.</summary>
    public bool ReadXAfter, ReadYAfter;

    /// <summary>Logarithms of the decay; one number a token or one a row or column.</summary>
    public float* Decay;

    /// <summary>Floats from one token's decay to the next.</summary>
    public nint DecayStride;

    /// <summary>1, or R or C.</summary>
    public int DecayWidth;

    /// <summary>Side of the decay.</summary>
    public DecayAxis Axis;

    /// <summary>Kind of dependent write.</summary>
    public Dependence Dependence;

    /// <summary>Row of the dependent read, R.</summary>
    public TokenRows Dependent;

    /// <summary>β by token, for the delta rule.</summary>
    public float* Strength;

    /// <summary>Receives, by token, v − p (delta), p (correction), β p (delta adjoint) or p (correction adjoint): C floats each.</summary>
    public float* Kept;

    /// <summary>For the delta adjoint: rows v − p of the forward pass, and where their products with p (the gradient of β) go.</summary>
    public float* Errors, StrengthGradient;

    /// <summary>Receives what is read; null when nobody wants it or it goes to <see cref="DirectX"/>.</summary>
    public ScanOutput? Output;

    /// <summary>Where read X goes as it is, C floats by token, or null.</summary>
    public float* DirectX;
}

/// <summary>The memory of one head's scans: aligned, zeroed, freed at the end.</summary>
internal sealed unsafe class Arena : IDisposable
{
    private const nuint Alignment = 64;
    private readonly List<nint> _blocks = [];

    /// <summary>Zeroed room for this many floats.</summary>
    public float* Take(long floats)
    {
        var bytes = ((nuint)floats * sizeof(float)) + Alignment;
        var block = NativeMemory.AlignedAlloc(bytes, Alignment);
        NativeMemory.Clear(block, bytes);
        _blocks.Add((nint)block);
        return (float*)block;
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
