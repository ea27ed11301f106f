namespace Bench.Attention;

/// <summary>Analytic cost of one forward pass in evaluation mode, for all batch elements and heads together.</summary>
/// <param name="Flops">Floating-point operations that the definition needs; a multiply-add counts as 2. Work that an
/// implementation does in excess (masked halves, padding) is left out, so that a FLOP rate made from it is <em>useful</em> work.</param>
/// <param name="Elements">Numbers that must at least be read or written: inputs once, output once.</param>
/// <param name="ActivationElements">Numbers held at the peak beyond inputs, the output included.</param>
public sealed record AttentionCost(double Flops, double Elements, double ActivationElements)
{
    /// <summary>Least bytes moved for an element type of this many bytes.</summary>
    public double BytesMoved(int elementBytes) => Elements * elementBytes;

    /// <summary>Peak activation bytes for an element type of this many bytes.</summary>
    public double ActivationBytes(int elementBytes) => ActivationElements * elementBytes;

    /// <summary>Inputs and output of plain attention: q, k, v and o once each.</summary>
    public static double InputOutputElements(AttentionShape shape) => shape.Rows * (
        (double)shape.Length * (shape.HeadSize + shape.ValueSize) + (double)shape.SourceLength * (shape.HeadSize + shape.ValueSize));

    /// <summary>The output alone.</summary>
    public static double OutputElements(AttentionShape shape) => shape.Rows * shape.Length * shape.ValueSize;
}
