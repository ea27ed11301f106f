using System.Text.Json;
using Bench.Suites.Lra;

namespace Bench.Suites.Conformance.Bindings.Tasks;

/// <summary>
/// ListOps: tokeniser, parser, evaluator and serialiser agree with every recorded expression, and ours obey the same bounds.
/// </summary>
[Golden("listops")]
internal sealed class ListOpsBinding : GoldenBinding
{
    /// <inheritdoc />
    public override IEnumerable<string> Implementations(GoldenCase golden) => [golden.Mechanism];

    /// <inheritdoc />
    public override GoldenOutcome Run(GoldenCase golden, string implementation)
    {
        var task = new ListOps(new ListOpsOptions
        {
            MaxDepth = golden.Int("max_depth", 10),
            MaxArguments = golden.Int("max_args", 10),
            MinLengthExclusive = golden.Int("min_length_exclusive", 500),
            MaxLengthExclusive = golden.Int("max_length_exclusive", 2000),
        });
        foreach (var (index, sample) in JsonSamples.Read(golden).Rows.Index())
        {
            RequireRecorded(index, task, sample);
        }

        for (var row = 0; row < 100; row++)
        {
            var expression = task.Expression(seed: 7, row);
            Require($"generated row {row}", task, expression.Tokens(), expression.Value);
        }

        return new GoldenOutcome();
    }

    private static void RequireRecorded(int index, ListOps task, JsonElement sample)
    {
        var tokens = ListOpsExpression.Ids(sample.GetProperty("tokens").GetString()!);
        if (sample.TryGetProperty("ids", out _) && !tokens.SequenceEqual(JsonSamples.Integers(sample, "ids")))
        {
            throw new InvalidDataException($"Row {index}: our ids of the tokens are not the recorded ones.");
        }

        var expression = Require($"recorded row {index}", task, tokens, sample.GetProperty("target").GetInt32());
        if ((sample.TryGetProperty("length", out var length) && length.GetInt32() != expression.Length)
            || (sample.TryGetProperty("depth", out var depth) && depth.GetInt32() != expression.Depth))
        {
            throw new InvalidDataException($"Row {index}: our length {expression.Length} or depth {expression.Depth} is not the recorded "
                + "one.");
        }

        if (sample.TryGetProperty("source", out var source) && source.GetString() is { } text
            && (text.Trim() != expression.Source() || !ListOpsExpression.Ids(ListOpsExpression.FromSource(text)).SequenceEqual(tokens)))
        {
            throw new InvalidDataException($"Row {index}: our binary form is not the recorded one.");
        }
    }

    /// <summary>Accepts the row and rejects its corrupted copies.</summary>
    private static ListOpsExpression Require(string name, ListOps task, int[] tokens, int target)
    {
        if (Violation(task, tokens, target) is { } violation)
        {
            throw new InvalidDataException($"The {name} is rejected: {violation}");
        }

        var digits = tokens.Index().Where(item => item.Item > 5).Select(item => item.Index).First();
        foreach (var (corruption, copy, answer) in new[]
                 {
                     ("another target", tokens, (target + 1) % 10),
                     ("the last token cut off", tokens[..^1], target),
                     ("a token too many", [.. tokens, 6], target),
                     ("a digit replaced by a bracket", [.. tokens[..digits], 5, .. tokens[(digits + 1)..]], target),
                     ("an unknown token", [.. tokens[..digits], 16, .. tokens[(digits + 1)..]], target),
                 })
        {
            if (Violation(task, copy, answer) is null)
            {
                throw new InvalidDataException($"The {name} is still accepted with {corruption}.");
            }
        }

        return ListOpsExpression.Parse(tokens);
    }

    private static string? Violation(ListOps task, int[] tokens, int target)
    {
        try
        {
            var expression = ListOpsExpression.Parse(tokens);
            return task.Violation(expression)
                ?? (expression.Value == target ? null : $"Its value is {expression.Value}, the target {target}.");
        }
        catch (FormatException mistake)
        {
            return mistake.Message;
        }
    }
}
