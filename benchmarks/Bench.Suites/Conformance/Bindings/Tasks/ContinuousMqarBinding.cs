using Bench.Suites.Recall;

namespace Bench.Suites.Conformance.Bindings.Tasks;

/// <summary>Zoology's recall of frozen embeddings.</summary>
[Golden("continuous_mqar")]
internal sealed class ContinuousMqarBinding : GoldenBinding
{
    /// <inheritdoc />
    public override IEnumerable<string> Implementations(GoldenCase golden) => [golden.Mechanism];

    /// <inheritdoc />
    public override GoldenOutcome Run(GoldenCase golden, string implementation)
    {
        var options = new ContinuousMqarOptions
        {
            VocabularySize = golden.Int("vocab_size"),
            EmbeddingSize = golden.Int("d"),
            Pairs = golden.Int("num_kv_pairs"),
            Passes = golden.Int("num_passes", 1),
        };
        var task = new ContinuousMqar(options, golden["embeddings"].data<float>().ToArray());
        var rows = (int)golden["inputs"].shape[0];
        Require("recorded", task, options, rows, golden["inputs"].data<float>().ToArray(), [.. golden["labels"].data<long>().Select(label => (int)label)]);

        var own = new ContinuousMqar(options, tableSeed: 5);
        var batch = own.Generate(6, 0, 50);
        Require("generated", own, options, 50, batch.Inputs, batch.Labels);
        return new GoldenOutcome();
    }

    private static void Require(string origin, ContinuousMqar task, ContinuousMqarOptions options, int rows, float[] inputs, int[] labels)
    {
        var (size, queries) = (task.Length * 2 * options.EmbeddingSize, options.Pairs);
        for (var row = 0; row < rows; row++)
        {
            var (numbers, answers) = (inputs.AsSpan(row * size, size).ToArray(), labels.AsSpan(row * queries, queries).ToArray());
            if (task.Violation(numbers, answers) is { } violation)
            {
                throw new InvalidDataException($"The {origin} row {row} is rejected: {violation}");
            }

            float[] nudged = [.. numbers];
            nudged[options.EmbeddingSize / 2] += 1e-4f;
            int[] swapped = [.. answers];
            swapped[0] = (swapped[0] + 1) % (options.VocabularySize / 2);
            if (task.Violation(nudged, answers) is null || task.Violation(numbers, swapped) is null)
            {
                throw new InvalidDataException($"The {origin} row {row} is still accepted with a nudged embedding or another label.");
            }
        }
    }
}
