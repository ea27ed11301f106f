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
}

/// <summary>Write, read: additive states forward, and the gradients of their values and keys.</summary>
internal readonly struct WriteRead : IScanProgram
{
    public static bool ReadsFirst => false;

    public static bool ReadsMiddle => true;

    public static bool ReadsMiddleTwice => false;

    public static bool WritesTwice => false;

    public static bool ReadsLast => false;
}

/// <summary>Read, write: states that are read before the token joins.</summary>
internal readonly struct ReadWrite : IScanProgram
{
    public static bool ReadsFirst => true;

    public static bool ReadsMiddle => false;

    public static bool ReadsMiddleTwice => false;

    public static bool WritesTwice => false;

    public static bool ReadsLast => false;
}

/// <summary>Read, write, read: the delta rule's state as its queries' and keys' gradients need it.</summary>
internal readonly struct ReadWriteRead : IScanProgram
{
    public static bool ReadsFirst => true;

    public static bool ReadsMiddle => true;

    public static bool ReadsMiddleTwice => false;

    public static bool WritesTwice => false;

    public static bool ReadsLast => false;
}

/// <summary>Write, write, read: the low-rank correction forward.</summary>
internal readonly struct WriteWriteRead : IScanProgram
{
    public static bool ReadsFirst => false;

    public static bool ReadsMiddle => false;

    public static bool ReadsMiddleTwice => false;

    public static bool WritesTwice => true;

    public static bool ReadsLast => true;
}

/// <summary>Read, write, write, read: the low-rank correction's state as gradients need it.</summary>
internal readonly struct ReadWriteWriteRead : IScanProgram
{
    public static bool ReadsFirst => true;

    public static bool ReadsMiddle => false;

    public static bool ReadsMiddleTwice => false;

    public static bool WritesTwice => true;

    public static bool ReadsLast => true;
}

/// <summary>Write, write: the delta rule's adjoint state, whose only read the solve has done already.</summary>
internal readonly struct WriteWrite : IScanProgram
{
    public static bool ReadsFirst => false;

    public static bool ReadsMiddle => false;

    public static bool ReadsMiddleTwice => false;

    public static bool WritesTwice => true;

    public static bool ReadsLast => false;
}

/// <summary>Write, read, write: adjoint states.</summary>
internal readonly struct WriteReadWrite : IScanProgram
{
    public static bool ReadsFirst => false;

    public static bool ReadsMiddle => true;

    public static bool ReadsMiddleTwice => false;

    public static bool WritesTwice => true;

    public static bool ReadsLast => false;
}

/// <summary>Write, read twice, write: the low-rank correction's adjoint state, transposed.</summary>
internal readonly struct WriteReadReadWrite : IScanProgram
{
    public static bool ReadsFirst => false;

    public static bool ReadsMiddle => true;

    public static bool ReadsMiddleTwice => true;

    public static bool WritesTwice => true;

    public static bool ReadsLast => false;
}
