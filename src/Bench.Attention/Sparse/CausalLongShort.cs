using Bench.Attention.Primitives;
using Bench.Domain.Matrix;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Attention.Sparse;

/// <summary>
/// Long-short attention, causal: one softmax over the w newest keys and ρ summaries of every chunk before the query's own, both with relative
/// positions. O(N·(w + ρN/c)·E) time, O(N·(w + ρN/c)) memory; a whole layer with its own projections.
/// </summary>
/// <remarks>
/// Zhu et al., "Long-Short Transformer", arXiv:2107.02192, section 3.3. Any length works: padding on the right is invisible to earlier queries.
/// </remarks>
[Attention("long-short-causal/chunked", AttentionPattern.CausalSelf,
    Title = "Long-short attention, causal (Transformer-LS)", Paper = "arXiv:2107.02192", Time = "O(N·(w + ρN/c)·D)", Memory = "O(N·(w + ρN/c))",
    Reference = true)]
public sealed class CausalLongShort : AttentionLayer
{
    private readonly CausalLongShortOptions _options;
    private readonly Linear _query;
    private readonly Linear _key;
    private readonly Linear _value;
    private readonly Linear _output;
    private readonly Linear _scores;
    private readonly Linear _windowPosition;
    private readonly Linear _chunkPosition;
    private readonly LayerNorm _windowNorm;
    private readonly LayerNorm _chunkNorm;

    /// <summary>Projections start Xavier-normal, position biases at zero.</summary>
    /// <exception cref="ArgumentException">The memory is shorter than the window, or no multiple of the chunk.</exception>
    public CausalLongShort(AttentionSettings settings, CausalLongShortOptions options)
        : base(settings)
    {
        if (options.MemoryLength < options.Window || options.MemoryLength % options.Chunk != 0)
        {
            throw new ArgumentException(
                $"Option 'memoryLength' is {options.MemoryLength}; it must be at least the window ({options.Window}) and a multiple of the chunk ({options.Chunk}).");
        }

        _options = options;
        var model = settings.ModelSize;
        Linear Project(string name)
        {
            var projection = nn.Linear(model, model, hasBias: options.Bias);
            nn.init.xavier_normal_(projection.weight!);
            register_module(name, projection);
            return projection;
        }

        (_query, _key, _value, _output) = (Project("proj_query"), Project("proj_key"), Project("proj_val"), Project("proj_out"));
        register_module("dconv_1", _scores = nn.Linear(model, settings.Heads * options.Rank));
        register_module("r_net", _windowPosition = nn.Linear(model, model, hasBias: false));
        register_module("r_net_chunk", _chunkPosition = nn.Linear(model, model));
        register_module("dual_ln_win", _windowNorm = nn.LayerNorm(model));
        register_module("dual_ln_dproj", _chunkNorm = nn.LayerNorm(model));
        register_parameter("r_r_bias", new Parameter(zeros([1, settings.Heads, 1, settings.HeadSize])));
        register_parameter("r_w_bias", new Parameter(zeros([1, settings.Heads, 1, 1, settings.HeadSize])));
    }

    /// <inheritdoc />
    public override Tensor forward(LayerInputs inputs)
    {
        using var scope = NewDisposeScope();
        var (length, window, past) = (inputs.Hidden.shape[1], _options.Window, _options.MemoryLength);
        var period = Lcm(window, _options.Chunk);
        var padded = (length + period - 1) / period * period;
        var hidden = nn.functional.pad(inputs.Hidden, [0, 0, 0, padded - length]);                       // [B, P, E]
        var memory = inputs.Named.GetValueOrDefault("memory")
            ?? zeros([hidden.shape[0], past, hidden.shape[2]], dtype: hidden.dtype, device: hidden.device);
        if (memory.shape[1] != past)
        {
            throw new ArgumentException($"'memory' holds {memory.shape[1]} tokens; option 'memoryLength' says {past}.");
        }

        var mask = inputs.KeyMask ?? ones([hidden.shape[0], length], ScalarType.Bool, hidden.device);
        mask = nn.functional.pad(nn.functional.pad(mask, [0, padded - length]), [past, 0], value: 1);    // [B, mem + P]
        var all = cat([memory, hidden], 1);                                                              // [B, mem + P, E]
        var (keys, values) = (_key.forward(all), _value.forward(all));
        var query = Heads(_query.forward(hidden)) / Math.Sqrt(Settings.HeadSize);                        // [B, H, P, D]

        var blocks = padded / window;
        var (strip, width) = (2 * window - 1, padded + window - 1);
        Tensor Strips(Tensor rows) => Heads(_windowNorm.forward(rows.narrow(1, past - window + 1, width))).unfold(2, strip, window);

        var nearVisible = Skew(mask.narrow(1, past - window + 1, width).unfold(1, strip, window)[.., TensorIndex.None, .., TensorIndex.None, ..]
            .expand(-1, -1, -1, window, -1));                                                            // [B, 1, b, w, w]
        var near = NearLogits(query.unflatten(2, [blocks, window]), Strips(keys));                       // [B, H, b, w, w]
        var (farKeys, farValues, farReal) = Summaries(all, keys, values, mask);                          // [B, H, J, D] twice, [B, J]
        var (far, farVisible) = FarLogits(query, farKeys, farReal);                                      // [B, H, P, J]

        var logits = cat([far, near.flatten(2, 3)], -1);
        var visible = cat([farVisible.expand(mask.shape[0], 1, padded, -1), nearVisible.flatten(2, 3)], -1);
        var weights = MaskedSoftmax.Of(logits, visible);                                                 // [B, H, P, J + w]
        var summaries = far.shape[^1];
        var output = weights.narrow(-1, 0, summaries).matmul(farValues)
            + Unskew(weights.narrow(-1, summaries, window).unflatten(2, [blocks, window])).matmul(Strips(values).transpose(-2, -1)).flatten(2, 3);
        return _output.forward(output.narrow(2, 0, length).transpose(1, 2).flatten(2)).MoveToOuterDisposeScope(); // [B, N, E]
    }

    /// <inheritdoc />
    public override AttentionCost Cost(AttentionShape shape)
    {
        double n = shape.Length, e = Settings.ModelSize, past = _options.MemoryLength, c = _options.Chunk, r = _options.Rank;
        // Of the summaries of its own sequence a query sees half on average.
        var summaries = r * (past + n / 2) / c;
        return new AttentionCost(
            shape.Batch * (n * 8 * e * e + past * 4 * e * e + (n + past) * r * (2 * e * Settings.Heads + 4 * e)
                + n * (_options.Window * 6 * e + summaries * 6 * e + 5 * Settings.Heads * (_options.Window + summaries))),
            shape.Batch * 2 * n * e + 6 * e * e,
            shape.Batch * n * (6 * e + 3 * Settings.Heads * (2 * _options.Window + r * (past + n) / c)));
    }

    /// <summary>(q + r_w)·k + (q + r_r)·R: <c>[B, H, b, w, w]</c>, oldest key first.</summary>
    private Tensor NearLogits(Tensor query, Tensor keys)
    {
        var distances = arange(_options.Window - 1, -1, -1, device: query.device);
        var position = _windowPosition.forward(Sinusoids.Halves(distances, Settings.ModelSize, query.dtype)).unflatten(1, [Settings.Heads, -1]).permute(1, 2, 0).unsqueeze(1);
        var content = Skew((query + get_parameter("r_w_bias")!).matmul(keys));
        return content + (query + get_parameter("r_r_bias")!.unsqueeze(2)).matmul(position);              // [H, 1, D, w]
    }

    /// <summary>q·k̃ + q·R <c>[B, H, P, J]</c> and which summaries lie before the query's chunk <c>[B, 1, P, J]</c>.</summary>
    private (Tensor Logits, Tensor Visible) FarLogits(Tensor query, Tensor keys, Tensor real)
    {
        var count = keys.shape[2];
        var index = arange(count, device: query.device);                                                  // j
        var chunk = arange(query.shape[2], device: query.device).floor_divide(_options.Chunk);            // χ
        var distance = ((chunk + _options.MemoryLength / _options.Chunk) * _options.Rank - 1).unsqueeze(1) - index; // [P, J]
        var table = _chunkPosition.forward(Sinusoids.Halves(index, Settings.ModelSize, query.dtype)).unflatten(1, [Settings.Heads, -1]).permute(1, 2, 0); // [H, D, J]
        var position = query.matmul(table).gather(3, distance.clamp(0, count - 1).expand(query.shape[0], query.shape[1], -1, -1));
        var visible = distance.ge(0).unsqueeze(0).unsqueeze(0).logical_and(real[.., TensorIndex.None, TensorIndex.None, ..]);
        return (query.matmul(keys.transpose(-2, -1)) + position, visible);
    }

    /// <summary>ρ softmax-weighted sums of each chunk's keys and values, normalised, and whether the chunk has a real token.</summary>
    private (Tensor Keys, Tensor Values, Tensor Real) Summaries(Tensor hidden, Tensor keys, Tensor values, Tensor mask)
    {
        var chunks = hidden.shape[1] / _options.Chunk;
        var real = mask.unflatten(1, [chunks, _options.Chunk]);                                           // [B, n, c]
        var scores = _scores.forward(hidden).unflatten(1, [chunks, _options.Chunk]).unflatten(3, [Settings.Heads, _options.Rank]);
        var shares = MaskedSoftmax.Of(scores.permute(0, 3, 1, 4, 2), real[.., TensorIndex.None, .., TensorIndex.None, ..]); // [B, H, n, ρ, c]
        // The memory is pooled head by head before its projection, the sequence after it: the authors' order, and not the same.
        var old = _options.MemoryLength / _options.Chunk;
        Tensor Merge(Tensor part, Tensor rows) =>
            part.matmul(Heads(rows).unflatten(2, [part.shape[2], _options.Chunk])).flatten(2, 3).transpose(1, 2).flatten(2); // [B, n·ρ, E]

        var memory = Merge(shares.narrow(2, 0, old), hidden.narrow(1, 0, _options.MemoryLength));
        Tensor Pool(Tensor rows, Linear projection) => Heads(_chunkNorm.forward(cat(
            [projection.forward(memory), Merge(shares.narrow(2, old, chunks - old), rows.narrow(1, _options.MemoryLength, rows.shape[1] - _options.MemoryLength))], 1)));

        return (Pool(keys, _key), Pool(values, _value), real.any(2).repeat_interleave(_options.Rank, 1));                    // [B, H, n·ρ, D]
    }

    /// <summary>Row r of each strip from column r on: <c>[.., w, 2w − 1]</c> to <c>[.., w, w]</c>.</summary>
    private Tensor Skew(Tensor strip)
    {
        var window = _options.Window;
        return nn.functional.pad(strip.flatten(-2), [0, window]).unflatten(strip.dim() - 2, [window, 2 * window]).narrow(-1, 0, window);
    }

    /// <summary>The inverse of <see cref="Skew"/>, zeros elsewhere.</summary>
    private Tensor Unskew(Tensor rows)
    {
        var window = _options.Window;
        return nn.functional.pad(rows, [0, window]).flatten(-2).narrow(-1, 0, window * (2L * window - 1)).unflatten(rows.dim() - 2, [window, (2 * window) - 1]);
    }

    private Tensor Heads(Tensor rows) => rows.unflatten(2, [Settings.Heads, -1]).transpose(1, 2);

    private static int Lcm(int a, int b)
    {
        var (x, y) = (a, b);
        while (y != 0)
        {
            (x, y) = (y, x % y);
        }

        return a / x * b;
    }
}
