using Bench.Domain.Matrix;
using Bench.Suites.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Suites.Cab.Text;

/// <summary>Numbers of a <see cref="SummaryModel"/>.</summary>
/// <param name="Vocabulary">V.</param>
/// <param name="Layers">Blocks of the encoder, and of the decoder.</param>
/// <param name="Width">E.</param>
/// <param name="Heads">H.</param>
/// <param name="MaxSource">Learned positions of the source.</param>
/// <param name="MaxTarget">Learned positions of the summary.</param>
public sealed record SummarySettings(int Vocabulary, int Layers, int Width, int Heads, int MaxSource, int MaxTarget)
{
    /// <summary>Dropout.</summary>
    public double Dropout { get; init; } = 0.1;

    /// <summary>
    /// CAB's Transformer: 6 + 6 blocks, width 512, 8 heads, feed-forward width 2,048, the 50,265 tokens of BART, 4,096 and 512 positions.
    /// </summary>
    public static SummarySettings Cab { get; } = new(50265, 6, 512, 8, 4096, 512);

    /// <summary>Numbers of a block.</summary>
    public BlockSettings Block => new(Width, Heads, 4 * Width, Math.Max(MaxSource, MaxTarget)) { Gelu = true, Dropout = Dropout };
}

/// <summary>
/// Encoder and decoder for summaries: learned positions, LayerNorm after the embedding, post-norm blocks with GELU, one embedding for source, target and
/// output. The encoder has noncausal self attention, the decoder causal self and cross attention.
/// </summary>
/// <remarks>Zhang et al., arXiv:2210.07661 (CAB), task summarisation; Vaswani et al., arXiv:1706.03762.</remarks>
public sealed class SummaryModel : nn.Module<Tensor, Tensor, Tensor>
{
    private readonly Embedding tokens;
    private readonly Embedding sourcePositions;
    private readonly Embedding targetPositions;
    private readonly LayerNorm sourceNorm;
    private readonly LayerNorm targetNorm;
    private readonly SeededDropout dropout;
    private readonly ModuleList<TransformerBlock> encoder;
    private readonly ModuleList<TransformerBlock> decoder;

    /// <summary>Builds the model; weights are drawn from torch's generator.</summary>
    public SummaryModel(SummarySettings settings, BackboneAttention attention)
        : base("summary")
    {
        tokens = nn.Embedding(settings.Vocabulary, settings.Width);
        sourcePositions = nn.Embedding(settings.MaxSource, settings.Width);
        targetPositions = nn.Embedding(settings.MaxTarget, settings.Width);
        sourceNorm = nn.LayerNorm(settings.Width);
        targetNorm = nn.LayerNorm(settings.Width);
        dropout = new SeededDropout(settings.Dropout);
        var block = settings.Block;
        encoder = new ModuleList<TransformerBlock>([.. Enumerable.Range(0, settings.Layers).Select(layer => new TransformerBlock(
            block, attention.Build(AttentionPattern.NoncausalSelf, block.Attention(layer, settings.Layers))))]);
        decoder = new ModuleList<TransformerBlock>([.. Enumerable.Range(0, settings.Layers).Select(layer => new TransformerBlock(
            block,
            attention.Build(AttentionPattern.CausalSelf, block.Attention(layer, settings.Layers)),
            attention.Build(AttentionPattern.CausalCross, block.Attention(layer, settings.Layers))))]);
        foreach (var embedding in new[] { tokens, sourcePositions, targetPositions })
        {
            nn.init.normal_(embedding.weight!, 0, 1 / Math.Sqrt(settings.Width));
        }

        RegisterComponents();
    }

    /// <summary>Logits <c>[B, N, V]</c> of target tokens <c>[B, N]</c> whose source <c>[B, M]</c> has no padding.</summary>
    public override Tensor forward(Tensor source, Tensor target)
    {
        using var scope = NewDisposeScope();
        return Decode(target, Encode(source, null), null).MoveToOuterDisposeScope();
    }

    /// <summary>Hidden states <c>[B, M, E]</c> of a source.</summary>
    /// <param name="source">Tokens <c>[B, M]</c>.</param>
    /// <param name="mask">True where a token is real <c>[B, M]</c>; null when all are.</param>
    public Tensor Encode(Tensor source, Tensor? mask)
    {
        using var scope = NewDisposeScope();
        var hidden = Embed(source, sourcePositions, sourceNorm);
        foreach (var block in encoder)
        {
            hidden = block.forward(new BlockInputs(hidden, mask));
        }

        return hidden.MoveToOuterDisposeScope();
    }

    /// <summary>Logits <c>[B, N, V]</c>. Targets are padded on the right, which no earlier position sees.</summary>
    /// <param name="target">Tokens <c>[B, N]</c> that were written so far.</param>
    /// <param name="context">Hidden states of the source <c>[B, M, E]</c>.</param>
    /// <param name="contextMask">True where the source is real; null when all is.</param>
    public Tensor Decode(Tensor target, Tensor context, Tensor? contextMask)
    {
        using var scope = NewDisposeScope();
        var hidden = Embed(target, targetPositions, targetNorm);
        foreach (var block in decoder)
        {
            hidden = block.forward(new BlockInputs(hidden) { Context = context, ContextMask = contextMask });
        }

        return hidden.matmul(tokens.weight!.t()).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Greedy search: the likeliest next token until every row has ended. Each step runs the decoder over a whole row of fixed length, because not every
    /// mechanism decodes token by token and some need a length of their own; the causal patterns make the unwritten rest invisible.
    /// </summary>
    /// <param name="source">Tokens <c>[B, M]</c>.</param>
    /// <param name="mask">True where a token is real; null when all are.</param>
    /// <param name="start">Token that begins a summary.</param>
    /// <param name="end">Token that ends one; also fills what is not written yet.</param>
    /// <param name="least">Tokens before <paramref name="end"/> may be chosen.</param>
    /// <param name="most">Tokens that are written at most.</param>
    /// <returns>Tokens of each row without start and end.</returns>
    public IReadOnlyList<int[]> Write(Tensor source, Tensor? mask, int start, int end, int least, int most)
    {
        using var scope = NewDisposeScope();
        using var nograd = no_grad();
        var rows = source.shape[0];
        var context = Encode(source, mask);
        var written = full([rows, most], (long)end, ScalarType.Int64, device: source.device);    // [B, most], shifted right by one
        written[.., 0] = (long)start;
        var ended = zeros([rows], ScalarType.Bool, device: source.device);
        var chosen = new List<Tensor>();
        for (var step = 0; step < most; step++)
        {
            using var inner = NewDisposeScope();
            var logits = Decode(written, context, mask)[.., step];                               // [B, V]
            if (step < least)
            {
                logits[.., end] = float.NegativeInfinity;
            }

            var next = logits.argmax(-1).masked_fill(ended, (long)end);
            ended.logical_or_(next.eq(end));
            chosen.Add(next.MoveToOuterDisposeScope());
            if (ended.all().item<bool>())
            {
                break;
            }

            if (step + 1 < most)
            {
                written[.., step + 1] = next;
            }
        }

        var all = stack([.. chosen], 1).cpu();                                                   // [B, steps]
        return [.. Enumerable.Range(0, (int)rows).Select(row => all[row].data<long>().ToArray().TakeWhile(token => token != end).Select(token => (int)token).ToArray())];
    }

    private Tensor Embed(Tensor input, Embedding positions, LayerNorm norm)
    {
        var hidden = tokens.forward(input) + positions.forward(arange(input.shape[1], device: input.device));
        return dropout.forward(norm.forward(hidden));
    }
}
