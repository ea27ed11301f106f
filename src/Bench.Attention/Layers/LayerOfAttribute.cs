namespace Bench.Attention.Layers;

/// <summary>
/// Says that a layer class, with one constructor that takes the <see cref="AttentionOperator"/>, is how this mechanism's paper wraps its operator.
/// </summary>
/// <param name="mechanism">Mechanism part of the ids.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class LayerOfAttribute(string mechanism) : Attribute
{
    /// <summary>Mechanism part of the ids.</summary>
    public string Mechanism { get; } = mechanism;
}
