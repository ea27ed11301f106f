namespace Bench.Attention.Kernel;

/// <summary>What is applied to queries and keys before linear attention.</summary>
public enum FeatureMapKind
{
    /// <summary>elu(x) + 1.</summary>
    Elu,

    /// <summary>x itself: the inputs are features already.</summary>
    Identity,

    /// <summary>relu(x).</summary>
    Relu,

    /// <summary>softmax([2y, −2y]) with y = W x + b, one softmax over 2·D features; W starts as the identity.</summary>
    Hedgehog,

    /// <summary>relu(W x + b) (T2R).</summary>
    T2R,

    /// <summary>(W₁ x + b₁) ⊙ (W₂ x + b₂).</summary>
    ElementwiseProduct,

    /// <summary>Deterministic parameter-free projection, ν = 4: products of [relu(x), relu(−x)] with its rotations.</summary>
    Dpfp,

    /// <summary>The same from [relu(x), −relu(x)], the sign slip of flash-linear-attention.</summary>
    DpfpFlaQuirk,
}
