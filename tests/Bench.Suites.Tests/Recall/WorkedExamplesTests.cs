namespace Bench.Suites.Tests.Recall;

public sealed class WorkedExamplesTests
{
    public static TheoryData<string, string> Examples
    {
        get
        {
            var examples = new TheoryData<string, string>();
            foreach (var (page, caption, _) in WorkedExamples.All)
            {
                examples.Add(page, caption);
            }

            return examples;
        }
    }

    [Theory, MemberData(nameof(Examples))]
    public void A_page_shows_the_row_that_its_task_makes(string page, string caption)
    {
        var text = File.ReadAllText(RepositoryFolder.Of("docs", "tasks", page + ".md"));
        var row = WorkedExamples.Render(WorkedExamples.All.Single(example => example.Page == page && example.Caption == caption).Task);

        Assert.Contains(caption, text, StringComparison.Ordinal);
        Assert.Contains(row, text, StringComparison.Ordinal);
    }
}
