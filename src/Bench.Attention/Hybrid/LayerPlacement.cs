namespace Bench.Attention.Hybrid;

/// <summary>Where the kinds of a <see cref="LayerLayout"/> go in a stack.</summary>
public enum LayerPlacement
{
    /// <summary>The layout as it is written, over and over: <c>a:3,b:1</c> puts b into every fourth layer.</summary>
    Interleaved,

    /// <summary>Each kind in its share of the depth, spread as evenly as whole layers allow; for layouts written in percent.</summary>
    Even,

    /// <summary>The shares of <see cref="Even"/>, the last-named kind before all others.</summary>
    First,

    /// <summary>The shares of <see cref="Even"/>, the last-named kind after all others.</summary>
    Last,
}
