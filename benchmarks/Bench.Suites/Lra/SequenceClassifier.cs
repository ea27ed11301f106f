using Bench.Attention;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Suites.Lra;

/// <summary>
/// The models of the Long Range Arena: one encoder, and a head on its vector, or on the vectors of two documents that the same encoder reads
/// apart (two towers).
/// </summary>
/// <remarks>
/// Heads: one document, Dense(mlp) ReLU Dense(classes); two documents, [e1 ; e2] → Dense(mlp) ReLU Dense(mlp/2) ReLU Dense(classes), in the form
/// with interaction [e1 ; e2 ; e1·e2 ; e1 − e2] → Dense(mlp) ReLU Dense(classes). Mixer models have a plain linear head for one document.
/// </remarks>
public sealed class SequenceClassifier : nn.Module<Tensor, Tensor, Tensor>
{
    private readonly SequenceEncoder encoder;
    private readonly Sequential head;
    private readonly bool _interaction;

    /// <summary>Builds the model.</summary>
    /// <param name="config">Sizes.</param>
    /// <param name="vocabulary">V: ids of tokens, padding included.</param>
    /// <param name="classes">C.</param>
    /// <param name="pairs">Whether rows are pairs of documents.</param>
    /// <param name="length">Tokens of a document.</param>
    /// <param name="layer">The attention layer of a block, by its number.</param>
    public SequenceClassifier(LraConfig config, int vocabulary, int classes, bool pairs, int length, Func<int, AttentionLayer> layer)
        : base("classifier")
    {
        encoder = new SequenceEncoder(config, vocabulary, length, layer);
        Pairs = pairs;
        _interaction = config.Interaction;
        var (width, mlp) = (config.Width, config.Mlp);
        head = (pairs, config.Interaction, config.Encoder) switch
        {
            (true, true, _) => nn.Sequential(nn.Linear(4 * width, mlp), nn.ReLU(), nn.Linear(mlp, classes)),
            (true, false, _) => nn.Sequential(nn.Linear(2 * width, mlp), nn.ReLU(), nn.Linear(mlp, mlp / 2), nn.ReLU(), nn.Linear(mlp / 2, classes)),
            (false, _, EncoderKind.Mixer) => nn.Sequential(nn.Linear(width, classes)),
            _ => nn.Sequential(nn.Linear(width, mlp), nn.ReLU(), nn.Linear(mlp, classes)),
        };
        RegisterComponents();
    }

    /// <summary>Whether rows are pairs of documents.</summary>
    public bool Pairs { get; }

    /// <summary>Gives dropout, and mechanisms that draw random numbers, a seed for what comes next.</summary>
    public void Reseed(long seed)
    {
        manual_seed(seed);
        encoder.Reseed(seed);
    }

    /// <summary>Class logits <c>[B, C]</c>, float32.</summary>
    /// <param name="tokens">Ids <c>[B, N]</c>; of pairs <c>[2·B, N]</c>, all first documents before all second ones.</param>
    /// <param name="lengths">Real tokens of each document.</param>
    public override Tensor forward(Tensor tokens, Tensor lengths)
    {
        using var scope = NewDisposeScope();
        var vectors = encoder.forward(tokens, lengths);
        if (Pairs)
        {
            var (first, second) = (vectors.narrow(0, 0, vectors.shape[0] / 2), vectors.narrow(0, vectors.shape[0] / 2, vectors.shape[0] / 2));
            vectors = cat(_interaction ? [first, second, first * second, first - second] : [first, second], 1);
        }

        return head.forward(vectors).to(ScalarType.Float32).MoveToOuterDisposeScope();
    }
}
