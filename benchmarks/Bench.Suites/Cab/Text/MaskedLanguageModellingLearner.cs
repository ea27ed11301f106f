using Bench.Domain.Randomness;
using Bench.Domain.Results;
using Bench.Suites.Cab.Metrics;
using Bench.Suites.Training;
using static TorchSharp.torch;

namespace Bench.Suites.Cab.Text;

/// <summary>
/// Prediction of masked tokens: 15 % of a row are chosen; of these 80 % become the mask token, 10 % a random one and 10 % stay. Masks are drawn anew for
/// every batch, and once for held-out text.
/// </summary>
/// <remarks>Devlin et al., arXiv:1810.04805, section 3.1; Liu et al., arXiv:1907.11692, section 4.1. CAB reports the validation part; so does this.</remarks>
internal sealed class MaskedLanguageModellingLearner : ILearner<TextBatch>
{
    private const double Share = 0.15;

    private readonly RobertaModel _model;
    private readonly TextSource _source;
    private readonly Device _device;
    private readonly (int Rows, int Length, int Vocabulary) _sizes;
    private readonly List<TextBatch> _held;
    private readonly UnigramModel _unigrams;

    /// <summary>Prepares held-out text and counts tokens for the baseline.</summary>
    /// <param name="model">The model; owned.</param>
    /// <param name="source">The text.</param>
    /// <param name="device">Where the model is.</param>
    /// <param name="sizes">Rows and tokens of a batch, and the tokeniser's vocabulary; the mask token is the one behind it.</param>
    /// <param name="heldTokens">Tokens of held-out text.</param>
    public MaskedLanguageModellingLearner(RobertaModel model, TextSource source, Device device, (int Rows, int Length, int Vocabulary) sizes, int heldTokens)
    {
        (_model, _source, _device, _sizes) = (model, source, device, sizes);
        var text = source.Held(test: false, heldTokens);
        if (text.Length < sizes.Length)
        {
            throw new InvalidDataException($"The held-out text has {text.Length} tokens, fewer than a row of {sizes.Length}; raise 'heldTokens'.");
        }

        var random = new CounterRandom(1);
        _held = [.. text.Chunk(sizes.Length).Where(row => row.Length == sizes.Length).Chunk(sizes.Rows).Select(rows => Mask(rows, random))];
        _unigrams = new UnigramModel(source.Head(), sizes.Vocabulary);
    }

    /// <inheritdoc />
    public nn.Module Model => _model;

    /// <inheritdoc />
    public TextBatch MakeBatch(long step)
    {
        var (rows, random) = _source.Windows(step, _sizes.Rows, _sizes.Length);
        return Mask(rows, random);
    }

    /// <inheritdoc />
    public Tensor Loss(TextBatch batch) => nn.functional.cross_entropy(Logits(batch), ArrayTensor.Of(batch.Targets, _device, batch.Targets.Length));

    /// <inheritdoc />
    public long Tokens(TextBatch batch) => batch.Inputs.Length;

    /// <inheritdoc />
    public SortedDictionary<string, double> Evaluate(EvaluationSplit split)
    {
        var (model, unigrams, gain) = (new Perplexity(), new Perplexity(), new PairedGain());
        foreach (var batch in _held)
        {
            using var scope = NewDisposeScope();
            var nats = nn.functional.cross_entropy(Logits(batch), ArrayTensor.Of(batch.Targets, _device, batch.Targets.Length), reduction: nn.Reduction.Sum)
                .item<float>();
            var frequencies = _unigrams.Nats(batch.Targets);
            model.Add(nats, batch.Targets.Length);
            unigrams.Add(frequencies, batch.Targets.Length);
            gain.Add((frequencies - nats) / batch.Targets.Length);
        }

        var found = new SortedDictionary<string, double>(StringComparer.Ordinal) { [TextMetrics.Perplexity.Name] = model.Value };
        if (split == EvaluationSplit.Test)
        {
            found[TextMetrics.Baseline(TextMetrics.Perplexity, "").Name] = unigrams.Value;
            found["testTokens"] = model.Tokens;
            gain.AddTo(found);
        }

        return found;
    }

    /// <inheritdoc />
    public void Reseed(long seed) => Dropouts.Reseed(_model, seed);

    /// <inheritdoc />
    public void Dispose() => _model.Dispose();

    private Tensor Logits(TextBatch batch) => _model.forward(
        ArrayTensor.Of(batch.Inputs, _device, batch.Rows, batch.Length), ArrayTensor.Of(batch.Chosen, _device, batch.Chosen.Length)).to(ScalarType.Float32);

    private TextBatch Mask(int[][] rows, CounterRandom random) => Mask(rows, _sizes.Vocabulary, random);

    /// <summary>Rows of equal length with masks; at least one token is chosen.</summary>
    /// <param name="rows">Tokens.</param>
    /// <param name="vocabulary">V; the mask token is V.</param>
    /// <param name="random">Draws the masks.</param>
    internal static TextBatch Mask(int[][] rows, int vocabulary, CounterRandom random)
    {
        var length = rows[0].Length;
        var inputs = new long[rows.Length * length];
        var count = Math.Max(1, (int)Math.Round(Share * inputs.Length));
        var chosen = random.Distinct(0, inputs.Length, count);
        Array.Sort(chosen);
        for (var i = 0; i < inputs.Length; i++)
        {
            inputs[i] = rows[i / length][i % length];
        }

        var targets = Array.ConvertAll(chosen, place => inputs[place]);
        foreach (var place in chosen)
        {
            var draw = random.NextDouble();
            inputs[place] = draw < 0.8 ? vocabulary : draw < 0.9 ? random.Next(vocabulary) : inputs[place];
        }

        return new TextBatch(rows.Length, length, inputs, Array.ConvertAll(chosen, place => (long)place), targets);
    }
}
