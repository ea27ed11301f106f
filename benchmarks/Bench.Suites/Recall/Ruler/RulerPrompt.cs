namespace Bench.Suites.Recall.Ruler;

/// <summary>A long text with a question, and what a right continuation must contain.</summary>
/// <param name="Input">Text and question.</param>
/// <param name="AnswerPrefix">How the answer begins; given to the model, not scored.</param>
/// <param name="Outputs">Strings that must occur in the answer.</param>
public sealed record RulerPrompt(string Input, string AnswerPrefix, IReadOnlyList<string> Outputs)
{
    /// <summary>Words of input and prefix between blanks; stands in for tokens where no tokenizer is given.</summary>
    public int Words => CountWords(Input) + CountWords(AnswerPrefix);

    /// <summary>Words of a text between blanks.</summary>
    public static int CountWords(string text) => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length;
}

/// <summary>A synthetic task of RULER in text form.</summary>
/// <remarks>Hsieh et al., arXiv:2404.06654; rules of NVIDIA/RULER, scripts/data/synthetic. Sentences and words are our own.</remarks>
public abstract class RulerTask
{
    /// <summary>Kebab-case name, such as <c>ruler-needles</c>.</summary>
    public abstract string Name { get; }

    /// <summary>The prompt of one row of a seed.</summary>
    public abstract RulerPrompt Generate(long seed, long row);

    /// <summary>The first law that a prompt breaks, or null; answers are worked out from the text alone.</summary>
    public abstract string? Violation(RulerPrompt prompt);

    /// <summary>Whether the prompt leaves room for the answer within a length in words.</summary>
    private protected static string? TooLong(RulerPrompt prompt, int length, int answerWords) =>
        RulerPrompt.CountWords(prompt.Input) + answerWords > length
            ? $"The text has {RulerPrompt.CountWords(prompt.Input)} words; with {answerWords} for the answer it exceeds {length}."
            : null;
}

/// <summary>RULER's scores: case-insensitive substrings, no model as judge.</summary>
public static class RulerScorer
{
    /// <summary>Share of the expected strings that the answer contains, times 100: needles, variables, words.</summary>
    public static double MatchAll(string answer, IReadOnlyList<string> outputs) =>
        100.0 * outputs.Count(output => answer.Contains(output, StringComparison.OrdinalIgnoreCase)) / outputs.Count;

    /// <summary>100 when the answer contains any expected string, else 0: question answering.</summary>
    public static double MatchAny(string answer, IReadOnlyList<string> outputs) =>
        outputs.Any(output => answer.Contains(output, StringComparison.OrdinalIgnoreCase)) ? 100 : 0;
}
