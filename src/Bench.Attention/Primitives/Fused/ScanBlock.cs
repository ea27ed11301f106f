namespace Bench.Attention.Primitives.Fused;

/// <summary>Where the products of four tokens' dependent rows with rows that write lie: dependent token first, writing token second.</summary>
internal static class Gram
{
    public const int P10 = 0;
    public const int P20 = 1;
    public const int P21 = 2;
    public const int P30 = 3;
    public const int P31 = 4;
    public const int P32 = 5;
    public const int P00 = 6;
    public const int P11 = 7;
    public const int P22 = 8;
    public const int P33 = 9;

    /// <summary>Floats of room: whole fours.</summary>
    public const int Size = 12;
}

/// <summary>One block of tokens as <see cref="ScanCore{TSimd, TVector, TProgram}"/> lets it through the state.</summary>
internal unsafe struct ScanBlock
{
    /// <summary>R × C, rows of <see cref="Columns"/> floats.</summary>
    public float* State;

    /// <summary>R.</summary>
    public int Rows;

    /// <summary>C, a multiple of two vectors.</summary>
    public int Columns;

    /// <summary>Factor of each row after the last token, or null.</summary>
    public float* RowScale;

    /// <summary>Factor of each column after the last token, or null.</summary>
    public float* ColumnScale;

    /// <summary>Addresses of lines that later blocks want, for the core to ask for while it computes: one a row of the state.</summary>
    public nint* Lines;

    /// <summary>How many, a power of two, less one.</summary>
    public nint LineMask;

    /// <summary>Bytes to add to each of them.</summary>
    public nint LineOffset;

    /// <summary>Four tokens' left rows of the first and of the second write.</summary>
    public float* Write, Write1;

    /// <summary>Four tokens' left rows of read X and of read Y.</summary>
    public float* Read, Read1;

    /// <summary>Floats from one token's left rows to the next's, for either write and for either read.</summary>
    public nint PitchWrite, PitchRead;

    /// <summary>Four rows of R: what the dependent write reads.</summary>
    public float* Dependent;

    /// <summary>Products of the dependent rows with the left rows of the first and of the second write, in the order of <see cref="Gram"/>.</summary>
    public float* Gram0, Gram1;

    /// <summary>β of the four tokens.</summary>
    public float* Strength;

    /// <summary>Four rows of C: the values of a dependent first write.</summary>
    public float* Values;

    /// <summary>Floats from one of them to the next.</summary>
    public nint ValuePitch;

    /// <summary>Four rows of C: what the first and the second write write; the dependent one's receive it.</summary>
    public float* Right0, Right1;

    /// <summary>Floats from one of them to the next.</summary>
    public nint Pitch0, Pitch1;

    /// <summary>Four rows of C that receive what the dependent write leaves for the backward pass.</summary>
    public float* Kept;

    /// <summary>Four rows of C whose products with what the dependent write read are wanted.</summary>
    public float* Errors;

    /// <summary>Sums of these products by lane: four vectors.</summary>
    public float* ErrorSums;

    /// <summary>Floats from one kept row, or row of errors, to the next.</summary>
    public nint KeptPitch;

    /// <summary>Four rows of C that receive read X and read Y.</summary>
    public float* X, Y;

    /// <summary>Floats from one of them to the next.</summary>
    public nint PitchX, PitchY;
}
