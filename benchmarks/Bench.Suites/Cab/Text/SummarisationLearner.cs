using Bench.Domain.Results;
using Bench.Suites.Cab.Metrics;
using Bench.Suites.Training;
using static TorchSharp.torch;

namespace Bench.Suites.Cab.Text;

/// <summary>Numbers of a <see cref="SummarisationLearner"/>.</summary>
/// <param name="Rows">Pairs of a batch.</param>
/// <param name="Smoothing">Share of the target that is spread over all tokens.</param>
/// <param name="Least">Tokens that a written summary has at least.</param>
/// <param name="Held">Pairs to validate on, and to test on; 0 for all.</param>
internal sealed record SummarisationSizes(int Rows, double Smoothing, int Least, int Held);

/// <summary>Writing summaries: cross entropy with the words before given; tested by greedy search from nothing.</summary>
/// <param name="model">The model; owned.</param>
/// <param name="rows">Training, validation and test pairs.</param>
/// <param name="device">Where the model is.</param>
/// <param name="seed">Seed of the order of pairs.</param>
/// <param name="sizes">Its numbers.</param>
internal sealed class SummarisationLearner(
    SummaryModel model, (SummaryRows Train, SummaryRows Validation, SummaryRows Test) rows, Device device, int seed, SummarisationSizes sizes)
    : ILearner<SummaryBatch>
{
    /// <inheritdoc />
    public nn.Module Model => model;

    /// <inheritdoc />
    public SummaryBatch MakeBatch(long step) => rows.Train.Draw(seed, step, sizes.Rows);

    /// <inheritdoc />
    public Tensor Loss(SummaryBatch batch) => Entropy(batch, sizes.Smoothing);

    /// <inheritdoc />
    public long Tokens(SummaryBatch batch) => batch.Source.Length + batch.Inputs.Length;

    /// <inheritdoc />
    public SortedDictionary<string, double> Evaluate(EvaluationSplit split)
    {
        var held = split == EvaluationSplit.Test ? rows.Test : rows.Validation;
        var (perplexity, written, leads) = (new Perplexity(), new List<(string, string)>(), new List<(string, string)>());
        foreach (var chosen in Enumerable.Range(0, sizes.Held == 0 ? held.Count : Math.Min(sizes.Held, held.Count)).Chunk(sizes.Rows))
        {
            using var scope = NewDisposeScope();
            var batch = held.Of(chosen);
            var count = batch.Targets.Count(target => target >= 0);
            perplexity.Add(Entropy(batch, 0).item<float>() * (double)count, count);
            var (source, mask) = Source(batch);
            var summaries = model.Write(source, mask, held.Start, held.End, sizes.Least, batch.Length);
            written.AddRange(chosen.Zip(summaries, (index, tokens) => (held.Text(tokens), held.Reference(index))));
            leads.AddRange(chosen.Select(index => (held.Lead(index), held.Reference(index))));
        }

        var (score, lead, gain) = (Rouge.Mean(written), Rouge.Mean(leads), new PairedGain());
        foreach (var ((own, reference), (first, _)) in written.Zip(leads))
        {
            gain.Add(100 * (Rouge.Score(own, reference).Mean - Rouge.Score(first, reference).Mean));
        }

        var found = new SortedDictionary<string, double>(StringComparer.Ordinal)
        {
            [TextMetrics.Perplexity.Name] = perplexity.Value,
            [TextMetrics.Rouge1.Name] = 100 * score.One,
            [TextMetrics.Rouge2.Name] = 100 * score.Two,
            [TextMetrics.RougeL.Name] = 100 * score.Longest,
        };
        if (split == EvaluationSplit.Test)
        {
            found[TextMetrics.Baseline(TextMetrics.Rouge1, "").Name] = 100 * lead.One;
            found[TextMetrics.Baseline(TextMetrics.Rouge2, "").Name] = 100 * lead.Two;
            found[TextMetrics.Baseline(TextMetrics.RougeL, "").Name] = 100 * lead.Longest;
            found["testRows"] = written.Count;
            gain.AddTo(found);
        }

        return found;
    }

    /// <inheritdoc />
    public void Reseed(long moment) => Dropouts.Reseed(model, moment);

    /// <inheritdoc />
    public void Dispose() => model.Dispose();

    private Tensor Entropy(SummaryBatch batch, double smoothing)
    {
        var (source, mask) = Source(batch);
        var inputs = ArrayTensor.Of(batch.Inputs, device, batch.Rows, batch.Length);
        var logits = model.Decode(inputs, model.Encode(source, mask), mask).flatten(0, 1).to(ScalarType.Float32);    // [B·N, V]
        // Targets of −100 are left out by default.
        return nn.functional.cross_entropy(logits, ArrayTensor.Of(batch.Targets, device, batch.Targets.Length), label_smoothing: smoothing);
    }

    private (Tensor Source, Tensor? Mask) Source(SummaryBatch batch) => (
        ArrayTensor.Of(batch.Source, device, batch.Rows, batch.SourceLength),
        // Without padding there is nothing to hide, and attention without a mask is faster.
        batch.Real.All(real => real) ? null : ArrayTensor.Of(batch.Real, device, batch.Rows, batch.SourceLength));
}
