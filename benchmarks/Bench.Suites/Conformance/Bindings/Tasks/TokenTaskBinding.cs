using System.Text.Json;
using Bench.Suites.Recall;

namespace Bench.Suites.Conformance.Bindings.Tasks;

/// <summary>Binds recorded token rows to one of our tasks, made with the recorded parameters.</summary>
internal abstract class TokenTaskBinding : GoldenBinding
{
    /// <inheritdoc />
    public override IEnumerable<string> Implementations(GoldenCase golden) => [golden.Mechanism];

    /// <inheritdoc />
    public override GoldenOutcome Run(GoldenCase golden, string implementation)
    {
        var samples = JsonSamples.Read(golden);
        foreach (var split in samples.Rows.GroupBy(Split))
        {
            var rows = split.Select(Row).ToList();
            TaskLaws.Require(Create(golden, samples, split.Key, rows[0].Inputs.Length), rows);
        }

        return new GoldenOutcome();
    }

    /// <summary>Our task with the case's parameters.</summary>
    /// <param name="golden">Manifest entry with the parameters.</param>
    /// <param name="samples">Header and rows.</param>
    /// <param name="split"><c>train</c>, <c>test</c>, or empty where the file has one kind of rows.</param>
    /// <param name="length">Tokens of a recorded row.</param>
    protected abstract ITokenTask Create(GoldenCase golden, JsonSamples samples, string split, int length);

    /// <summary>Inputs and labels of a recorded row, aligned as ours are.</summary>
    protected virtual TaskRow Row(JsonElement sample) =>
        new(JsonSamples.Integers(sample, "inputs"), JsonSamples.Integers(sample, "labels", "targets"));

    private static string Split(JsonElement sample) => sample.TryGetProperty("split", out var split) ? split.GetString() ?? "" : "";
}
