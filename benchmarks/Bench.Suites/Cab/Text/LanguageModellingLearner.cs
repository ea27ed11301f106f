using Bench.Domain.Results;
using Bench.Suites.Cab.Metrics;
using Bench.Suites.Training;
using static TorchSharp.torch;

namespace Bench.Suites.Cab.Text;

/// <summary>Next-token prediction on running text.</summary>
internal sealed class LanguageModellingLearner : ILearner<TextBatch>
{
    private readonly GptModel _model;
    private readonly TextSource _source;
    private readonly Device _device;
    private readonly (int Rows, int Length, int HeldTokens, IReadOnlyList<int> Contexts) _sizes;
    private readonly int[] _validation;
    private readonly int[] _test;
    private readonly UnigramModel _unigrams;

    /// <summary>Prepares held-out text and counts tokens for the baseline.</summary>
    /// <param name="model">The model; owned.</param>
    /// <param name="source">The text.</param>
    /// <param name="vocabulary">V.</param>
    /// <param name="device">Where the model is.</param>
    /// <param name="sizes">Rows and tokens of a batch, tokens to test on, and further context lengths to test.</param>
    public LanguageModellingLearner(
        GptModel model, TextSource source, int vocabulary, Device device, (int Rows, int Length, int HeldTokens, IReadOnlyList<int> Contexts) sizes)
    {
        (_model, _source, _device, _sizes) = (model, source, device, sizes);
        _validation = source.Held(test: false, sizes.HeldTokens);
        _test = source.Held(test: true, sizes.HeldTokens);
        _unigrams = new UnigramModel(source.Head(), vocabulary);
    }

    /// <inheritdoc />
    public nn.Module Model => _model;

    /// <inheritdoc />
    public TextBatch MakeBatch(long step) => Batch(_source.Windows(step, _sizes.Rows, _sizes.Length + 1).Rows, _sizes.Length);

    /// <inheritdoc />
    public Tensor Loss(TextBatch batch) => nn.functional.cross_entropy(Logits(batch), ArrayTensor.Of(batch.Targets, _device, batch.Targets.Length));

    /// <inheritdoc />
    public long Tokens(TextBatch batch) => batch.Targets.Length;

    /// <inheritdoc />
    public SortedDictionary<string, double> Evaluate(EvaluationSplit split)
    {
        var test = split == EvaluationSplit.Test;
        var text = test ? _test : _validation;
        var (model, unigrams, gain) = Of(text, _sizes.Length);
        var found = new SortedDictionary<string, double>(StringComparer.Ordinal) { [TextMetrics.Perplexity.Name] = model.Value };
        if (test)
        {
            found[TextMetrics.Baseline(TextMetrics.Perplexity, "").Name] = unigrams.Value;
            found["testTokens"] = model.Tokens;
            gain.AddTo(found);
            foreach (var context in _sizes.Contexts)
            {
                found[TextMetrics.PerplexityAt(context).Name] = Of(text, context).Model.Value;
            }
        }

        return found;
    }

    /// <inheritdoc />
    public void Reseed(long seed) => Dropouts.Reseed(_model, seed);

    /// <inheritdoc />
    public void Dispose() => _model.Dispose();

    /// <summary>
    /// Perplexity of a text cut into windows in a row, as CAB evaluates: no window sees the one before it; that of token frequencies; and what the model gains
    /// over those in a window, in nats a token.
    /// </summary>
    private (Perplexity Model, Perplexity Unigrams, PairedGain Gain) Of(int[] text, int length)
    {
        var windows = Enumerable.Range(0, (text.Length - 1) / length).Select(i => text.AsSpan(i * length, length + 1).ToArray()).ToArray();
        if (windows.Length == 0)
        {
            throw new InvalidDataException($"The held-out text has {text.Length} tokens, fewer than a context of {length} needs; raise 'heldTokens'.");
        }

        // As many tokens at a time as in training, whatever the context.
        var (model, unigrams, gain) = (new Perplexity(), new Perplexity(), new PairedGain());
        foreach (var rows in windows.Chunk(Math.Max(1, _sizes.Rows * _sizes.Length / length)))
        {
            using var scope = NewDisposeScope();
            var batch = Batch(rows, length);
            var nats = nn.functional.cross_entropy(Logits(batch), ArrayTensor.Of(batch.Targets, _device, batch.Targets.Length), reduction: nn.Reduction.None)
                .view(rows.Length, length).sum(1).cpu().data<float>().ToArray();
            for (var row = 0; row < rows.Length; row++)
            {
                var frequencies = _unigrams.Nats(batch.Targets.AsSpan(row * length, length));
                model.Add(nats[row], length);
                unigrams.Add(frequencies, length);
                gain.Add((frequencies - nats[row]) / length);
            }
        }

        return (model, unigrams, gain);
    }

    private Tensor Logits(TextBatch batch) =>
        _model.forward(ArrayTensor.Of(batch.Inputs, _device, batch.Rows, batch.Length)).flatten(0, 1).to(ScalarType.Float32);   // [B·N, V]

    private static TextBatch Batch(int[][] rows, int length)
    {
        var batch = new TextBatch(rows.Length, length, new long[rows.Length * length], [], new long[rows.Length * length]);
        for (var row = 0; row < rows.Length; row++)
        {
            for (var i = 0; i < length; i++)
            {
                batch.Inputs[(row * length) + i] = rows[row][i];
                batch.Targets[(row * length) + i] = rows[row][i + 1];
            }
        }

        return batch;
    }
}
