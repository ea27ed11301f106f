using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Suites.Lra;

/// <summary>
/// The original text model with softmax attention, written with torch's own modules only: what one would write without this project, and the
/// baseline of <see cref="TrainingComparison"/>. Same layers and sizes as <see cref="SequenceClassifier"/> builds from the same numbers.
/// </summary>
internal sealed class BareTextModel : nn.Module<Tensor, Tensor>
{
    private readonly LraConfig _config;
    private readonly Embedding tokens;
    private readonly Parameter first;
    private readonly Tensor sines;
    private readonly Dropout dropout;
    private readonly List<Block> _blocks = [];
    private readonly LayerNorm final;
    private readonly Sequential head;

    public BareTextModel(LraConfig config, int length)
        : base("bare")
    {
        _config = config;
        tokens = nn.Embedding(ByteTokens.VocabularySize, config.Width);
        first = new Parameter(zeros(1, 1, config.Width));
        var angle = arange(length + 1, ScalarType.Float32).unsqueeze(1) * exp(arange(0, config.Width, 2, ScalarType.Float32) * (-Math.Log(10_000) / config.Width));
        sines = stack([angle.sin(), angle.cos()], -1).flatten(1);
        dropout = nn.Dropout(config.Dropout);
        for (var i = 0; i < config.Layers; i++)
        {
            _blocks.Add(new Block(config));
            register_module($"block{i}", _blocks[i]);
        }

        final = nn.LayerNorm(config.Width);
        head = nn.Sequential(nn.Linear(config.Width, config.Mlp), nn.ReLU(), nn.Linear(config.Mlp, 2));
        RegisterComponents();
    }

    /// <inheritdoc />
    public override Tensor forward(Tensor input)
    {
        var mask = cat([ones(input.shape[0], 1, ScalarType.Bool, input.device), input > 0], 1).unsqueeze(1).unsqueeze(1);   // [B, 1, 1, 1 + N]
        var hidden = dropout.forward(cat([first.expand(input.shape[0], 1, _config.Width), tokens.forward(input)], 1) + sines);
        foreach (var block in _blocks)
        {
            hidden = block.forward(hidden, mask);
        }

        return head.forward(final.forward(hidden).select(1, 0));
    }

    private sealed class Block : nn.Module<Tensor, Tensor, Tensor>
    {
        private readonly LraConfig _config;
        private readonly LayerNorm attention_norm;
        private readonly LayerNorm mlp_norm;
        private readonly Linear query;
        private readonly Linear key;
        private readonly Linear value;
        private readonly Linear output;
        private readonly Linear inner;
        private readonly Linear outer;
        private readonly Dropout dropout;

        public Block(LraConfig config)
            : base("block")
        {
            _config = config;
            var inside = config.Heads * config.HeadSize;
            (attention_norm, mlp_norm) = (nn.LayerNorm(config.Width), nn.LayerNorm(config.Width));
            (query, key, value) = (Map(config.Width, inside), Map(config.Width, inside), Map(config.Width, inside));
            (output, inner, outer) = (Map(inside, config.Width), nn.Linear(config.Width, config.Mlp), nn.Linear(config.Mlp, config.Width));
            dropout = nn.Dropout(config.Dropout);
            RegisterComponents();
        }

        public override Tensor forward(Tensor hidden, Tensor mask)
        {
            var normed = attention_norm.forward(hidden);
            var mixed = nn.functional.scaled_dot_product_attention(
                Heads(query.forward(normed)), Heads(key.forward(normed)), Heads(value.forward(normed)), mask, training ? _config.AttentionDropout : 0);
            hidden = hidden + dropout.forward(output.forward(mixed.transpose(1, 2).flatten(2)));
            return hidden + dropout.forward(outer.forward(dropout.forward(nn.functional.gelu(inner.forward(mlp_norm.forward(hidden))))));
        }

        private Linear Map(int from, int to) => nn.Linear(from, to, hasBias: _config.ProjectionBias);

        private Tensor Heads(Tensor x) => x.unflatten(2, [_config.Heads, _config.HeadSize]).transpose(1, 2);
    }
}
