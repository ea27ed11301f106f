using Bench.Attention.Primitives;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Attention.Sparse;

/// <summary>
/// What the forms of Transformer-XL's layer share: a query sees its segment up to itself and the M tokens before the segment, with logits
/// ((q + u)·k + (q + v)·W_r R_{i−j})/√D, R sinusoids of the distance. In training mode the tokens before the segment are a memory: hidden
/// states of which no gradient is taken. A named input <c>memory</c> <c>[B, P, E]</c> continues an earlier sequence.
/// </summary>
/// <remarks>Dai et al., "Transformer-XL", arXiv:1901.02860, sections 3.2 and 3.3; residual and norm are the block's.</remarks>
public abstract class TransformerXl : AttentionLayer
{
    private readonly Linear qkv_net;
    private readonly Linear r_net;
    private readonly Linear o_net;
    private readonly Parameter r_w_bias;
    private readonly Parameter r_r_bias;

    /// <summary>Projections as torch draws them, u and v normal with deviation 0.02.</summary>
    protected TransformerXl(AttentionSettings settings, TransformerXlOptions options)
        : base(settings)
    {
        Options = options;
        var model = settings.ModelSize;
        qkv_net = nn.Linear(model, 3 * model, hasBias: false);
        r_net = nn.Linear(model, model, hasBias: false);
        o_net = nn.Linear(model, model, hasBias: false);
        r_w_bias = new Parameter(randn(settings.Heads, 1, settings.HeadSize) * 0.02);
        r_r_bias = new Parameter(randn(settings.Heads, 1, settings.HeadSize) * 0.02);
        RegisterComponents();
    }

    /// <inheritdoc />
    public override bool Decodes => true;

    /// <summary>The options.</summary>
    protected TransformerXlOptions Options { get; }

    /// <inheritdoc />
    public override Tensor forward(LayerInputs inputs)
    {
        using var scope = NewDisposeScope();
        return Output(Attend(Parts.Of(this, inputs))).MoveToOuterDisposeScope();                     // [B, N, E]
    }

    /// <inheritdoc />
    public override (Tensor Output, AttentionState State) Prefill(LayerInputs inputs)
    {
        using var scope = NewDisposeScope();
        var parts = Parts.Of(this, inputs);
        var state = new KeyValueState(Options.MemoryLength + Options.Segment);
        state.Append(parts.Keys, parts.Values);
        state.Position = inputs.Hidden.shape[1];
        return (Output(Attend(parts)).MoveToOuterDisposeScope(), state);
    }

    /// <inheritdoc />
    public override Tensor Step(LayerInputs token, AttentionState state)
    {
        using var scope = NewDisposeScope();
        var cache = (KeyValueState)state;
        var heads = qkv_net.forward(token.Hidden).chunk(3, -1).Select(Heads).ToList();
        cache.Append(heads[1], heads[2]);
        var seen = Math.Min(cache.Count, Options.MemoryLength + ((cache.Position - 1) % Options.Segment) + 1);
        var (keys, values) = (cache.Keys.narrow(2, cache.Count - seen, seen), cache.Values.narrow(2, cache.Count - seen, seen));
        var logits = Content(heads[0], keys) + Positions(heads[0], seen).flip(3);                     // [B, H, 1, seen]
        return Output(logits.softmax(-1).matmul(values)).MoveToOuterDisposeScope();                   // [B, 1, E]
    }

    /// <inheritdoc />
    public override long StateSize(AttentionShape shape) =>
        2L * Math.Min(shape.Length, Options.MemoryLength + Options.Segment) * Settings.ModelSize;

    /// <inheritdoc />
    public override AttentionCost Cost(AttentionShape shape)
    {
        double n = shape.Length, e = Settings.ModelSize, reach = Math.Min(n, Options.MemoryLength + Options.Segment), pairs = 0;
        for (double first = 0; first < n; first += Options.Segment)
        {
            var rows = Math.Min(Options.Segment, n - first);
            pairs += (rows * (rows + 1) / 2) + (rows * Math.Min(Options.MemoryLength, first));
        }

        return new AttentionCost(
            (shape.Batch * ((8 * n * e * e) + (pairs * ((6 * e) + (7 * Settings.Heads))))) + (2 * reach * e * e),
            (shape.Batch * 2 * n * e) + (5 * e * e),
            shape.Batch * ((5 * n * e) + Scores(shape)));
    }

    /// <summary>Logits and weights held at once, per sequence.</summary>
    protected abstract double Scores(AttentionShape shape);

    /// <summary>Attention of the queries: <c>[B, H, N, D]</c>.</summary>
    private protected abstract Tensor Attend(Parts parts);

    /// <summary>(q + u)·k/√D: <c>[B, H, T, S]</c>.</summary>
    protected Tensor Content(Tensor query, Tensor keys) => ((query + r_w_bias) / Math.Sqrt(Settings.HeadSize)).matmul(keys.transpose(-2, -1));

    /// <summary>(q + v)·W_r R_d/√D for distances d = 0 … count − 1: <c>[B, H, T, count]</c>.</summary>
    protected Tensor Positions(Tensor query, long count)
    {
        var table = r_net.forward(Sinusoids.Halves(arange(count, device: query.device), Settings.ModelSize, query.dtype)); // [count, E]
        return ((query + r_r_bias) / Math.Sqrt(Settings.HeadSize)).matmul(table.unflatten(1, [Settings.Heads, -1]).permute(1, 2, 0));
    }

    private Tensor Heads(Tensor rows) => rows.unflatten(2, [Settings.Heads, -1]).transpose(1, 2);

    private Tensor Output(Tensor heads) => o_net.forward(heads.transpose(1, 2).flatten(2));

    /// <summary>Projected tokens: P of an earlier sequence, then N.</summary>
    /// <param name="Query"><c>[B, H, N, D]</c>.</param>
    /// <param name="Keys"><c>[B, H, P + N, D]</c>.</param>
    /// <param name="Values"><c>[B, H, P + N, D]</c>.</param>
    /// <param name="OldKeys">Keys for queries of later segments: the same, without gradient to the hidden states in training mode.</param>
    /// <param name="OldValues">Values for queries of later segments.</param>
    /// <param name="Real"><c>[B or 1, P + N]</c>, true where a token is real.</param>
    /// <param name="Past">P.</param>
    private protected sealed record Parts(Tensor Query, Tensor Keys, Tensor Values, Tensor OldKeys, Tensor OldValues, Tensor Real, long Past)
    {
        public static Parts Of(TransformerXl layer, LayerInputs inputs)
        {
            var hidden = inputs.Hidden;
            var memory = inputs.Named.GetValueOrDefault("memory");
            var past = memory?.shape[1] ?? 0;
            var all = memory is null ? hidden : cat([memory, hidden], 1);                             // [B, P + N, E]
            var current = layer.qkv_net.forward(all).chunk(3, -1).Select(layer.Heads).ToList();
            var old = !layer.training ? current : [.. layer.qkv_net.forward(all.detach()).chunk(3, -1).Select(layer.Heads)];
            var real = inputs.KeyMask ?? ones([1, hidden.shape[1]], ScalarType.Bool, hidden.device);
            return new Parts(
                current[0].narrow(2, past, hidden.shape[1]), current[1], current[2], old[1], old[2], nn.functional.pad(real, [past, 0], value: 1), past);
        }
    }
}
