namespace Bench.Attention.Primitives.Fused;

/// <summary>
/// What one token does to the state of a scan, in this order: read, write, read, read, write, read. Constants of the compiled kernel.
/// </summary>
internal interface IScanProgram
{
    /// <summary>Read X before the first write.</summary>
    static abstract bool ReadsFirst { get; }

    /// <summary>Read after the first write: X, or Y when there was a first read.</summary>
    static abstract bool ReadsMiddle { get; }

    /// <summary>A second read after the first write, into Y.</summary>
    static abstract bool ReadsMiddleTwice { get; }

    /// <summary>A second write.</summary>
    static abstract bool WritesTwice { get; }

    /// <summary>Read after the second write: X, or Y when there was a first read.</summary>
    static abstract bool ReadsLast { get; }

    /// <summary>Which write depends on what the state holds.</summary>
    static abstract Dependence Dependence { get; }
}

/// <summary>Write, read: additive states forward, and the gradients of their values and keys.</summary>
internal readonly struct WriteRead : IScanProgram
{
    public static bool ReadsFirst => false;

    public static bool ReadsMiddle => true;

    public static bool ReadsMiddleTwice => false;

    public static bool WritesTwice => false;

    public static bool ReadsLast => false;

    public static Dependence Dependence => Dependence.None;
}

/// <summary>Read, write: states that are read before the token joins.</summary>
internal readonly struct ReadWrite : IScanProgram
{
    public static bool ReadsFirst => true;

    public static bool ReadsMiddle => false;

    public static bool ReadsMiddleTwice => false;

    public static bool WritesTwice => false;

    public static bool ReadsLast => false;

    public static Dependence Dependence => Dependence.None;
}

/// <summary>Read, write, read: the delta rule's state as its queries' and keys' gradients need it.</summary>
internal readonly struct ReadWriteRead : IScanProgram
{
    public static bool ReadsFirst => true;

    public static bool ReadsMiddle => true;

    public static bool ReadsMiddleTwice => false;

    public static bool WritesTwice => false;

    public static bool ReadsLast => false;

    public static Dependence Dependence => Dependence.None;
}

/// <summary>Read, write, write, read: the low-rank correction's state as gradients need it.</summary>
internal readonly struct ReadWriteWriteRead : IScanProgram
{
    public static bool ReadsFirst => true;

    public static bool ReadsMiddle => false;

    public static bool ReadsMiddleTwice => false;

    public static bool WritesTwice => true;

    public static bool ReadsLast => true;

    public static Dependence Dependence => Dependence.None;
}

/// <summary>Write, read, write: the delta rule's adjoint state, transposed.</summary>
internal readonly struct WriteReadWrite : IScanProgram
{
    public static bool ReadsFirst => false;

    public static bool ReadsMiddle => true;

    public static bool ReadsMiddleTwice => false;

    public static bool WritesTwice => true;

    public static bool ReadsLast => false;

    public static Dependence Dependence => Dependence.None;
}

/// <summary>Write, read twice, write: the low-rank correction's adjoint state, transposed.</summary>
internal readonly struct WriteReadReadWrite : IScanProgram
{
    public static bool ReadsFirst => false;

    public static bool ReadsMiddle => true;

    public static bool ReadsMiddleTwice => true;

    public static bool WritesTwice => true;

    public static bool ReadsLast => false;

    public static Dependence Dependence => Dependence.None;
}

/// <summary>The delta rule: write what the key does not hold yet, read.</summary>
internal readonly struct DeltaForward : IScanProgram
{
    public static bool ReadsFirst => false;

    public static bool ReadsMiddle => true;

    public static bool ReadsMiddleTwice => false;

    public static bool WritesTwice => false;

    public static bool ReadsLast => false;

    public static Dependence Dependence => Dependence.Delta;
}

/// <summary>The delta rule's adjoint state: write, then write what the key reads.</summary>
internal readonly struct DeltaBackward : IScanProgram
{
    public static bool ReadsFirst => false;

    public static bool ReadsMiddle => false;

    public static bool ReadsMiddleTwice => false;

    public static bool WritesTwice => true;

    public static bool ReadsLast => false;

    public static Dependence Dependence => Dependence.DeltaAdjoint;
}

/// <summary>The low-rank correction: write, write what was read before, read.</summary>
internal readonly struct CorrectionForward : IScanProgram
{
    public static bool ReadsFirst => false;

    public static bool ReadsMiddle => false;

    public static bool ReadsMiddleTwice => false;

    public static bool WritesTwice => true;

    public static bool ReadsLast => true;

    public static Dependence Dependence => Dependence.Correction;
}

/// <summary>The low-rank correction's adjoint state: write, read, write what was read.</summary>
internal readonly struct CorrectionBackward : IScanProgram
{
    public static bool ReadsFirst => false;

    public static bool ReadsMiddle => true;

    public static bool ReadsMiddleTwice => false;

    public static bool WritesTwice => true;

    public static bool ReadsLast => false;

    public static Dependence Dependence => Dependence.CorrectionAdjoint;
}
