using System.ComponentModel.DataAnnotations;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Attention.Memory;

/// <summary>Options of Titans' layers.</summary>
public sealed record TitansLayerOptions
{
    /// <summary>Tokens of a segment (MAC), or keys that a query sees, itself included (MAG, MAL).</summary>
    [Range(1, 65536)]
    public int Window { get; set; } = 64;

    /// <summary>Learned tokens that every query sees.</summary>
    [Range(0, 1024)]
    public int Persistent { get; set; } = 4;

    /// <summary>Tokens whose memory gradients are taken at the same weights.</summary>
    [Range(1, 4096)]
    public int Chunk { get; set; } = 16;
}

/// <summary>
/// What Titans' layers share: softmax attention over persistent tokens and a window, and the linear neural memory
/// (<see cref="TitansMemory"/>) with keys, values and gates of its own. The memory's first weights are learned and start as the identity.
/// </summary>
/// <remarks>Behrouz et al., "Titans: Learning to Memorize at Test Time", arXiv:2501.00663, section 4.</remarks>
public abstract class TitansLayer : AttentionLayer
{
    // Steps and forgetting begin small: the memory starts as an average, not as a copy of the newest token.
    private const double LargestStep = 0.1;
    private const double ForgetBias = -4;

    private readonly Linear q_proj;
    private readonly Linear k_proj;
    private readonly Linear v_proj;
    private readonly Linear out_proj;
    private readonly Linear memory_q;
    private readonly Linear memory_k;
    private readonly Linear memory_v;
    private readonly Linear memory_gates;
    private readonly AttentionOperator memory;

    /// <summary>Builds the layer.</summary>
    protected TitansLayer(AttentionSettings settings, TitansLayerOptions options)
        : base(settings)
    {
        Options = options;
        long width = settings.ModelSize;
        Linear Square() => nn.Linear(width, width, hasBias: false);
        (q_proj, k_proj, v_proj, out_proj) = (Square(), Square(), Square(), Square());
        (memory_q, memory_k, memory_v) = (Square(), Square(), Square());
        memory_gates = nn.Linear(width, 3L * settings.Heads);
        memory = AttentionCatalogue.CreateOperator(
            "titans-memory/chunked", settings,
            new Dictionary<string, string> { ["chunk"] = options.Chunk.ToString(System.Globalization.CultureInfo.InvariantCulture) });
        register_parameter("persistent", new Parameter(randn(options.Persistent, width) * 0.02));
        register_parameter("memory_start", new Parameter(eye(settings.HeadSize).expand(settings.Heads, -1, -1).clone()));
        RegisterComponents();
    }

    /// <inheritdoc />
    public override bool Decodes => true;

    /// <summary>The options.</summary>
    protected TitansLayerOptions Options { get; }

    /// <summary>Numbers of the memory's decode state after this many tokens.</summary>
    protected long MemorySize(AttentionShape shape) => memory.StateSize(shape);

    /// <inheritdoc />
    /// <remarks>Eight projections, attention over the window and the persistent tokens, the memory.</remarks>
    public override AttentionCost Cost(AttentionShape shape)
    {
        double width = Settings.ModelSize, tokens = (double)shape.Batch * shape.Length, keys = Math.Min(Options.Window, shape.Length) + Options.Persistent;
        var weights = (7 * width * width) + (3 * Settings.Heads * width);
        return new AttentionCost(
            (tokens * ((2 * weights) + (4 * width * keys))) + memory.Cost(shape).Flops,
            (2 * tokens * width) + weights,
            (tokens * 10 * width) + (2.0 * shape.Batch * Settings.Heads * shape.Length * keys) + memory.Cost(shape).ActivationElements);
    }

    /// <summary>Queries, keys and values of the attention, <c>[B, H, N, D]</c>.</summary>
    protected (Tensor Query, Tensor Key, Tensor Value) Attended(Tensor x) =>
        (Heads(q_proj.forward(x)), Heads(k_proj.forward(x)), Heads(v_proj.forward(x)));

    /// <summary>Keys and values of the persistent tokens, <c>[B, H, P, D]</c>.</summary>
    protected (Tensor Key, Tensor Value) Persistent(long batch)
    {
        var tokens = get_parameter("persistent")!.unsqueeze(0).expand(batch, -1, -1);
        return (Heads(k_proj.forward(tokens)), Heads(v_proj.forward(tokens)));
    }

    /// <summary>Joins heads and projects: <c>[B, H, N, D]</c> to <c>[B, N, C]</c>.</summary>
    protected Tensor Joined(Tensor heads) => out_proj.forward(Flat(heads));

    /// <summary>Joins heads: <c>[B, H, N, D]</c> to <c>[B, N, C]</c>.</summary>
    protected static Tensor Flat(Tensor heads) => heads.transpose(1, 2).flatten(2);

    /// <summary>The memory's inputs from hidden states <c>[B, N, C]</c>.</summary>
    /// <param name="x">Hidden states.</param>
    /// <param name="mask">True where a token is real; others teach nothing.</param>
    /// <param name="state">The memory before the first token; its learned start when null.</param>
    protected AttentionInputs Remembered(Tensor x, Tensor? mask, AttentionState? state)
    {
        var gates = memory_gates.forward(x).unflatten(2, [3, Settings.Heads]).permute(2, 0, 3, 1).unsqueeze(-1); // [3, B, H, N, 1]
        return new AttentionInputs(Unit(memory_q.forward(x)), Unit(memory_k.forward(x)), Heads(memory_v.forward(x)))
        {
            KeyMask = mask,
            InitialState = state,
            Named = new Dictionary<string, Tensor>
            {
                ["theta"] = gates[0].sigmoid() * (LargestStep / Settings.HeadSize),
                ["alpha"] = (gates[1] + ForgetBias).sigmoid(),
                ["eta"] = gates[2].sigmoid(),
            },
        };
    }

    /// <summary>The memory before the first token, with its gradient; the caller disposes it.</summary>
    protected AttentionState FirstMemory(long batch)
    {
        var start = get_parameter("memory_start")!.unsqueeze(0).expand(batch, -1, -1, -1);
        return new TensorState { ["m"] = start.clone(), ["z"] = zeros_like(start) };
    }

    /// <summary>Reads and writes the memory: what each token gets, <c>[B, H, N, D]</c>, and the weights afterwards.</summary>
    protected (Tensor Output, IReadOnlyDictionary<string, Tensor> State) Learn(AttentionInputs inputs) => ((FastWeightOperator)memory).Run(inputs);

    /// <summary>The memory's decode form: outputs and the state after the last token.</summary>
    protected (Tensor Output, AttentionState State) LearnAndKeep(AttentionInputs inputs) => memory.Prefill(inputs);

    /// <summary>One token through the memory.</summary>
    protected Tensor LearnOne(AttentionInputs token, AttentionState state) => memory.Step(token, state);

    /// <summary>Softmax over keys that a mask lets through, true = seen.</summary>
    protected Tensor Attend(Tensor query, Tensor key, Tensor value, Tensor? seen)
    {
        var scores = (query / Math.Sqrt(Settings.HeadSize)).matmul(key.transpose(-2, -1)); // [B, H, N, M]
        return (seen is null ? scores : scores.masked_fill(seen.logical_not(), double.NegativeInfinity)).softmax(-1).matmul(value);
    }

    /// <summary>Splits heads: <c>[B, N, C]</c> to <c>[B, H, N, D]</c>.</summary>
    protected Tensor Heads(Tensor x) => x.unflatten(2, [Settings.Heads, -1]).transpose(1, 2);

    private Tensor Unit(Tensor x)
    {
        var heads = Heads(x);
        return heads / (heads.square().sum(-1, keepdim: true) + 1e-6).sqrt();
    }
}
