using System.Globalization;
using System.Text.Json;
using Bench.Suites.Recall.Ruler;

namespace Bench.Suites.Conformance.Bindings.Tasks;

/// <summary>RULER's synthetic tasks: answers are worked out from every recorded text, and our prompts obey the same laws.</summary>
[Golden("ruler/*")]
internal sealed class RulerBinding : GoldenBinding
{
    private const int GeneratedRows = 5;

    /// <inheritdoc />
    public override IEnumerable<string> Implementations(GoldenCase golden) => [golden.Mechanism];

    /// <inheritdoc />
    public override GoldenOutcome Run(GoldenCase golden, string implementation)
    {
        var samples = JsonSamples.Read(golden);
        var prompts = samples.Rows.Select(sample => new RulerPrompt(
            sample.GetProperty("input").GetString()!,
            sample.TryGetProperty("answer_prefix", out var prefix) ? prefix.GetString()! : "",
            [.. sample.GetProperty("outputs").EnumerateArray().Select(output => output.GetString()!)])).ToList();
        var task = Create(golden, samples.Header, prompts);
        foreach (var (index, prompt) in prompts.Index())
        {
            Require($"recorded prompt {index}", task, prompt);
        }

        for (var row = 0; row < GeneratedRows; row++)
        {
            Require($"generated prompt {row}", task, task.Generate(seed: 3, row));
        }

        return new GoldenOutcome();
    }

    private static RulerTask Create(GoldenCase golden, JsonElement header, List<RulerPrompt> prompts)
    {
        var arguments = Arguments(golden);
        var length = golden.Int("L", golden.Int("max_seq_length", 4096));
        var answer = header.TryGetProperty("params", out var parameters) && parameters.TryGetProperty("tokens_to_generate", out var words) ? words.GetInt32() : 0;
        int Integer(string name, int absent) => arguments.TryGetValue(name, out var text) ? int.Parse(text, CultureInfo.InvariantCulture) : absent;
        return golden.Mechanism.Split('/')[1].Split('_')[0] switch
        {
            "vt" => new RulerVariableTracking(new RulerVariableTrackingOptions
            {
                Chains = Integer("--num_chains", 1),
                Hops = Integer("--num_hops", 4),
                Length = length,
                AnswerWords = answer,
            }),
            "cwe" => new RulerCommonWords(new RulerCommonWordsOptions
            {
                CommonWords = Integer("--num_cw", 10),
                CommonCount = Integer("--freq_cw", 30),
                UncommonCount = Integer("--freq_ucw", 3),
                Length = length,
                AnswerWords = answer,
            }),
            "fwe" => new RulerFrequentWords(new RulerFrequentWordsOptions
            {
                Alpha = double.Parse(arguments.GetValueOrDefault("--alpha", "2.0"), CultureInfo.InvariantCulture),
                Length = length,
                AnswerWords = answer,
            }),
            _ => new RulerNeedles(new RulerNeedlesOptions
            {
                Haystack = Enum.Parse<RulerHaystack>(arguments.GetValueOrDefault("--type_haystack", "essay"), ignoreCase: true),
                Keys = Enum.Parse<RulerNeedleKind>(arguments.GetValueOrDefault("--type_needle_k", "words"), ignoreCase: true),
                Values = Enum.Parse<RulerNeedleKind>(arguments.GetValueOrDefault("--type_needle_v", "numbers"), ignoreCase: true),
                KeyCount = Integer("--num_needle_k", 1),
                ValueCount = Integer("--num_needle_v", 1),
                QueryCount = Integer("--num_needle_q", 1),
                Length = length,
                AnswerWords = answer,
                Essay = [.. prompts[0].Input.Split('\n')[1..^1].SelectMany(line => line.Split(". ")).Where(text => !text.Contains("special magic", StringComparison.Ordinal))],
            }),
        };
    }

    private static Dictionary<string, string> Arguments(GoldenCase golden)
    {
        if (golden.Param("args") is not { ValueKind: JsonValueKind.Array } list)
        {
            return [];
        }

        var texts = list.EnumerateArray().Select(text => text.GetString()!).ToList();
        return texts.Index().Where(item => item.Index % 2 == 0).ToDictionary(item => item.Item, item => texts[item.Index + 1], StringComparer.Ordinal);
    }

    private static void Require(string name, RulerTask task, RulerPrompt prompt)
    {
        if (task.Violation(prompt) is { } violation)
        {
            throw new InvalidDataException($"The {name} is rejected: {violation}");
        }

        if (RulerScorer.MatchAll(string.Join(", ", prompt.Outputs).ToUpperInvariant(), prompt.Outputs) < 100
            || RulerScorer.MatchAll(string.Join(", ", prompt.Outputs.Skip(1)), prompt.Outputs) >= 100)
        {
            throw new InvalidDataException($"The scorer does not tell the right answer of the {name} from an incomplete one.");
        }

        var answer = prompt.Outputs[0];
        foreach (var (corruption, copy) in new[]
                 {
                     ("another answer", prompt with { Outputs = ["nothing", .. prompt.Outputs.Skip(1)] }),
                     ("an answer missing", prompt with { Outputs = [.. prompt.Outputs.Skip(1)] }),
                     ("its answer erased from the text", prompt with { Input = prompt.Input.Replace(answer, "", StringComparison.Ordinal) }),
                     ("its question cut off", prompt with { Input = prompt.Input[..(prompt.Input.Length / 2)] }),
                     ("three times the text", prompt with { Input = string.Concat(Enumerable.Repeat("word ", 2 * prompt.Words)) + prompt.Input }),
                 })
        {
            if (task.Violation(copy) is null)
            {
                throw new InvalidDataException($"The {name} is still accepted with {corruption}.");
            }
        }
    }
}
