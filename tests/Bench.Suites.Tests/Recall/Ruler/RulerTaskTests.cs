using Bench.Suites.Recall.Ruler;

namespace Bench.Suites.Tests.Recall.Ruler;

public sealed class RulerTaskTests
{
    public static TheoryData<string, RulerTask> Tasks => new()
    {
        { "single", new RulerNeedles(new RulerNeedlesOptions { Length = 400 }) },
        { "depth of needles", new RulerNeedles(new RulerNeedlesOptions { Haystack = RulerHaystack.Needle, Values = RulerNeedleKind.Uuids, Length = 600 }) },
        { "many", new RulerNeedles(new RulerNeedlesOptions { KeyCount = 5, ValueCount = 3, QueryCount = 2, Length = 700, Keys = RulerNeedleKind.Uuids }) },
        { "essay", new RulerNeedles(new RulerNeedlesOptions { Haystack = RulerHaystack.Essay, Essay = ["Somebody wrote this.", "And this too"], Length = 400 }) },
        { "chains", new RulerVariableTracking(new RulerVariableTrackingOptions { Chains = 3, Hops = 2, Length = 500 }) },
        { "common words", new RulerCommonWords(new RulerCommonWordsOptions { Length = 4096 }) },
        { "few words", new RulerCommonWords(new RulerCommonWordsOptions { Length = 512 }) },
        { "frequent words", new RulerFrequentWords(new RulerFrequentWordsOptions { Length = 2048, Alpha = 1.8 }) },
    };

    [Theory, MemberData(nameof(Tasks))]
    public void Prompts_obey_the_laws_and_fill_most_of_their_length(string name, RulerTask task)
    {
        for (var row = 0; row < 20; row++)
        {
            var prompt = task.Generate(1, row);

            Assert.True(task.Violation(prompt) is null, $"{name}, row {row}: {task.Violation(prompt)}");
            Assert.Equal(prompt, task.Generate(1, row), (a, b) => a!.Input == b!.Input && a.Outputs.SequenceEqual(b.Outputs));
            Assert.True(prompt.Words > 200, $"{name}, row {row} has only {prompt.Words} words.");
        }
    }

    [Theory, MemberData(nameof(Tasks))]
    public void Wrong_answers_and_changed_texts_are_noticed(string name, RulerTask task)
    {
        var prompt = task.Generate(2, 0);

        Assert.True(task.Violation(prompt with { Outputs = ["x", .. prompt.Outputs.Skip(1)] }) is not null, name);
        Assert.True(task.Violation(prompt with { Input = prompt.Input.Replace(prompt.Outputs[0], "", StringComparison.Ordinal) }) is not null, name);
    }

    [Theory]
    [InlineData("The numbers are 12 and 34.", 100, 100)]
    [InlineData("only 12", 50, 100)]
    [InlineData("none", 0, 0)]
    public void Scores_count_contained_answers(string answer, double all, double any)
    {
        Assert.Equal(all, RulerScorer.MatchAll(answer, ["12", "34"]));
        Assert.Equal(any, RulerScorer.MatchAny(answer, ["12", "34"]));
    }

    [Fact]
    public void Scores_ignore_case() => Assert.Equal(100, RulerScorer.MatchAll("ABC", ["abc"]));

    [Fact]
    public void A_length_that_holds_no_needle_is_refused() =>
        Assert.Throws<ArgumentException>(() => new RulerNeedles(new RulerNeedlesOptions { Length = 100 }));
}
