using System.Globalization;
using System.Text;
using Bench.Domain.Randomness;
using Bench.Suites.Cab.Speech;
using Bench.Suites.Cab.Text;

namespace Bench.Suites.Tests.Cab;

/// <summary>The worked examples on the tasks' pages are what the code makes.</summary>
public sealed class TextExamplesTests
{
    public static TheoryData<string, string> Pages => new()
    {
        { "cab-language-modelling", LanguageModelling() },
        { "cab-masked-language-modelling", Masked() },
        { "cab-summarisation", Summary() },
        { "cab-text-to-speech", Speech() },
    };

    [Theory, MemberData(nameof(Pages))]
    public void The_page_shows_the_first_row_of_seed_one(string page, string example) =>
        Assert.True(
            File.ReadAllText(RepositoryFolder.Of("docs", "tasks", page + ".md")).Contains(example, StringComparison.Ordinal), $"The page must show:\n{example}");

    private static string LanguageModelling()
    {
        var text = SyntheticText.Make(1, 0, 2000)[300..313];
        return $"text    {Encoding.ASCII.GetString(text)}\ninputs  {Join(text[..^1])}\ntargets {Join(text[1..])}";
    }

    private static string Masked()
    {
        int[] row = [.. SyntheticText.Make(1, 0, 2000)[300..314].Select(value => (int)value)];
        var batch = MaskedLanguageModellingLearner.Mask([row], 256, new CounterRandom(1));
        return $"text    {Encoding.ASCII.GetString([.. row.Select(value => (byte)value)])}\ninputs  {Join(batch.Inputs)}\nchosen  {Join(batch.Chosen)}\ntargets {Join(batch.Targets)}";
    }

    private static string Summary()
    {
        var pair = SummaryPairs.Synthetic(1, sentences: 3, train: 1, held: 1).Train[0];
        return $"document {pair.Document}\nsummary  {pair.Summary}";
    }

    private static string Speech()
    {
        var spoken = SyntheticSpeech.Make(1, letters: 8, train: 1, held: 1).Train[0];
        return $"tokens    {Join(spoken.Tokens)}\ndurations {Join(spoken.Durations!)}\npitch     "
            + string.Join(' ', spoken.Pitch!.Select(pitch => pitch == 0 ? "-" : Math.Exp(pitch).ToString("0", CultureInfo.InvariantCulture)))
            + $"\nframes    {spoken.Durations!.Sum()}\nsamples   {spoken.Samples.Length}";
    }

    private static string Join<T>(IEnumerable<T> values) => string.Join(' ', values.Select(value => string.Format(CultureInfo.InvariantCulture, "{0}", value)));
}
