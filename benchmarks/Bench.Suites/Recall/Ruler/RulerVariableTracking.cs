using System.Text.RegularExpressions;
using Bench.Domain.Randomness;

namespace Bench.Suites.Recall.Ruler;

/// <summary>Parameters of variable tracking.</summary>
public sealed record RulerVariableTrackingOptions
{
    /// <summary>Chains, one of which is asked.</summary>
    public int Chains { get; init; } = 1;

    /// <summary>Hops of every chain: one number and this many copies.</summary>
    public int Hops { get; init; } = 4;

    /// <summary>Words of prompt and answer together.</summary>
    public int Length { get; init; } = 1024;

    /// <summary>Words kept free for the answer.</summary>
    public int AnswerWords { get; init; } = 30;
}

/// <summary>Assignments <c>VAR A = 12345</c>, <c>VAR B = VAR A</c>, … hidden in noise: which variables have a given value?</summary>
/// <remarks>
/// Variable tracking of RULER, arXiv:2404.06654. The worked example that precedes the authors' prompts is accepted and not needed.
/// </remarks>
public sealed partial class RulerVariableTracking(RulerVariableTrackingOptions options) : RulerTask
{
    /// <inheritdoc />
    public override string Name => "ruler-variable-tracking";

    /// <inheritdoc />
    public override RulerPrompt Generate(long seed, long row)
    {
        var random = new CounterRandom(seed, row);
        var names = RulerWords.Distinct(options.Chains * (options.Hops + 1), () => RulerWords.Letters(random, 5, 'A'));
        var values = RulerWords.Distinct(options.Chains, () => RulerWords.Number(random, 5));
        var next = new int[options.Chains];
        var statements = new List<string>();
        for (var left = names.Count; left > 0; left--)
        {
            // Chains are woven into each other at random, each in its own order.
            var chain = random.Weighted([.. next.Select(done => (double)(options.Hops + 1 - done))]);
            var hop = next[chain]++;
            var name = names[(chain * (options.Hops + 1)) + hop];
            statements.Add(hop == 0 ? $"VAR {name} = {values[chain]}" : $"VAR {name} = VAR {names[(chain * (options.Hops + 1)) + hop - 1]}");
        }

        const string Opening = "Follow the chain(s) of variable assignments that are hidden in this text.\n\n";
        var question = $"\nQuestion: Which variables are assigned the value {values[0]} in the text above?";
        var noise = (options.Length - options.AnswerWords - RulerPrompt.CountWords(Opening + string.Join('\n', statements) + question))
            / RulerPrompt.CountWords(RulerWords.Noise);
        if (noise < 0)
        {
            throw new InvalidOperationException($"A length of {options.Length} does not hold {names.Count} assignments and the answer.");
        }

        var places = random.Distinct(0, noise + statements.Count, statements.Count).ToHashSet();
        var hidden = new Queue<string>(statements);
        var lines = Enumerable.Range(0, noise + statements.Count).Select(i => places.Contains(i) ? hidden.Dequeue() : RulerWords.Noise);
        return new RulerPrompt(
            Opening + string.Join('\n', lines) + question,
            $" Answer: {options.Hops + 1} variables are assigned the value {values[0]}:",
            [.. names.Take(options.Hops + 1)]);
    }

    /// <inheritdoc />
    public override string? Violation(RulerPrompt prompt)
    {
        // A worked example ends with its answer; what counts is behind it.
        var text = prompt.Input[(prompt.Input.LastIndexOf("Answer:", StringComparison.Ordinal) + 1)..];
        var question = QuestionPattern().Matches(text).LastOrDefault();
        if (question is null)
        {
            return "There is no question for a value at the end.";
        }

        var (values, starts) = (new Dictionary<string, string>(StringComparer.Ordinal), 0);
        foreach (Match assignment in AssignmentPattern().Matches(text))
        {
            var (name, source) = (assignment.Groups["name"].Value, assignment.Groups["source"].Value);
            var isNumber = source.Length == 0;
            starts += isNumber ? 1 : 0;
            if ((!isNumber && !values.ContainsKey(source)) || !values.TryAdd(name, isNumber ? assignment.Groups["number"].Value : values[source]))
            {
                return $"The variable {name} is assigned twice, or from one that has no value yet.";
            }
        }

        if (starts != options.Chains || values.Count != options.Chains * (options.Hops + 1))
        {
            return $"There are {starts} chains with {values.Count} variables, not {options.Chains} of {options.Hops + 1}.";
        }

        var expected = values.Where(pair => pair.Value == question.Groups["value"].Value).Select(pair => pair.Key).ToList();
        return expected.Count != options.Hops + 1 ? $"{expected.Count} variables have the asked value, not {options.Hops + 1}."
            : !expected.Order(StringComparer.Ordinal).SequenceEqual(prompt.Outputs.Order(StringComparer.Ordinal))
                ? $"The answers are {string.Join(", ", expected)}, but given as {string.Join(", ", prompt.Outputs)}."
            : TooLong(prompt, options.Length, options.AnswerWords);
    }

    [GeneratedRegex(@"VAR (?<name>[A-Z]+) = (?:(?<number>\d+)|VAR (?<source>[A-Z]+))")]
    private static partial Regex AssignmentPattern();

    [GeneratedRegex(@"assigned the value (?<value>\d+) in the text above")]
    private static partial Regex QuestionPattern();
}
