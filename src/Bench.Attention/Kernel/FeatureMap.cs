using Bench.Attention.Primitives;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Attention.Kernel;

/// <summary>A feature map of linear attention: <c>[…, D]</c> to <c>[…, F]</c>. Learned ones start at the identity, or as torch's linear layer.</summary>
public abstract class FeatureMap(int headSize) : nn.Module<Tensor, Tensor>("feature_map")
{
    /// <summary>F for this D.</summary>
    public virtual int Features => headSize;

    /// <summary>The map of a kind.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The kind is unknown.</exception>
    public static FeatureMap Create(FeatureMapKind kind, int headSize) => kind switch
    {
        FeatureMapKind.Elu => new EluPlusOne(headSize),
        FeatureMapKind.Identity => new Unchanged(headSize),
        FeatureMapKind.Relu => new Rectified(headSize),
        FeatureMapKind.Hedgehog => new SignedSoftmax(headSize),
        FeatureMapKind.T2R => new LearnedRectified(headSize),
        FeatureMapKind.ElementwiseProduct => new LearnedProduct(headSize),
        FeatureMapKind.Dpfp => new RotatedProducts(headSize, negatedPart: false),
        FeatureMapKind.DpfpFlaQuirk => new RotatedProducts(headSize, negatedPart: true),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Unknown feature map."),
    };

    /// <summary>elu(x) + 1.</summary>
    internal sealed class EluPlusOne(int headSize) : FeatureMap(headSize)
    {
        public override Tensor forward(Tensor x) => PositiveRows.EluPlusOne(x);
    }

    private sealed class Unchanged(int headSize) : FeatureMap(headSize)
    {
        public override Tensor forward(Tensor x) => x;
    }

    private sealed class Rectified(int headSize) : FeatureMap(headSize)
    {
        public override Tensor forward(Tensor x) => x.relu();
    }

    /// <remarks>arXiv:2402.04347 in the form of flash-linear-attention's module.</remarks>
    private sealed class SignedSoftmax : FeatureMap
    {
        private readonly Linear _layer;
        private readonly int _headSize;

        public SignedSoftmax(int headSize)
            : base(headSize)
        {
            _headSize = headSize;
            _layer = nn.Linear(headSize, headSize);
            nn.init.eye_(_layer.weight!);
            nn.init.zeros_(_layer.bias!);
            register_module("layer", _layer);
        }

        public override int Features => 2 * _headSize;

        public override Tensor forward(Tensor x)
        {
            var y = _layer.forward(x) * 2;                                            // [.., D]
            return cat([y, -y], -1).softmax(-1);                                      // [.., 2D]
        }
    }

    /// <remarks>Kasai et al., "Finetuning Pretrained Transformers into RNNs", arXiv:2103.13076.</remarks>
    private sealed class LearnedRectified : FeatureMap
    {
        private readonly Linear _layer;

        public LearnedRectified(int headSize)
            : base(headSize)
        {
            _layer = nn.Linear(headSize, headSize);
            register_module("layer", _layer);
        }

        public override Tensor forward(Tensor x) => _layer.forward(x).relu();
    }

    private sealed class LearnedProduct : FeatureMap
    {
        private readonly Linear _first;
        private readonly Linear _second;

        public LearnedProduct(int headSize)
            : base(headSize)
        {
            (_first, _second) = (nn.Linear(headSize, headSize), nn.Linear(headSize, headSize));
            register_module("layer1", _first);
            register_module("layer2", _second);
        }

        public override Tensor forward(Tensor x) => _first.forward(x) * _second.forward(x);
    }

    /// <remarks>Schlag et al., "Linear Transformers Are Secretly Fast Weight Programmers", arXiv:2102.11174, section 5.3.</remarks>
    private sealed class RotatedProducts(int headSize, bool negatedPart) : FeatureMap(headSize)
    {
        private const int Nu = 4;

        private readonly int _headSize = headSize;

        public override int Features => 2 * Nu * _headSize;

        public override Tensor forward(Tensor x)
        {
            var parts = cat([x.relu(), negatedPart ? -x.relu() : (-x).relu()], -1);   // [.., 2D]
            var rotated = Enumerable.Range(1, Nu).Select(shift => parts.roll(shift, -1)).ToArray();
            return cat(rotated, -1) * cat(Enumerable.Repeat(parts, Nu).ToArray(), -1); // [.., 2νD]
        }
    }
}
