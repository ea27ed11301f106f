using Bench.Domain.Matrix;
using Bench.Suites.Harness;
using Bench.Suites.Recall;

namespace Bench.Suites.Tests.Recall;

public sealed class RecallTaskTests
{
    public static TheoryData<string> Ids => [.. TaskCatalogue.All.OfType<RecallTask>().Select(task => task.Entry.Id)];

    [Theory, MemberData(nameof(Ids))]
    public void Softmax_can_train_on_the_default_parameters(string id) =>
        Assert.All(Task(id).Patterns, pattern => Assert.Null(Task(id).WhyNot(Cell(id, pattern, length: pattern.IsCross ? 4 : id == "recall/mqar-grid" ? 256 : 128))));

    [Theory, MemberData(nameof(Ids))]
    public void A_row_without_room_is_refused_with_a_reason(string id) =>
        Assert.True(id is "recall/mad-memorization" or "recall/circuit" || Task(id).WhyNot(Cell(id, Task(id).Patterns[0], length: 2) with { SourceLength = 2 }) is { Length: > 20 });

    [Theory, MemberData(nameof(Ids))]
    public void A_pattern_that_the_task_is_not_for_is_refused_by_name(string id)
    {
        foreach (var pattern in AttentionPatterns.All.Except(Task(id).Patterns))
        {
            Assert.Contains(Task(id).Patterns[0].Name, Task(id).WhyNot(Cell(id, pattern, length: 128)), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Every_pattern_has_a_recall_task() =>
        Assert.Equal(AttentionPatterns.All, TaskCatalogue.All.OfType<RecallTask>().SelectMany(task => task.Patterns).Distinct().Order());

    [Fact]
    public void A_whole_layer_has_no_keys_of_a_size_of_its_own() =>
        Assert.Contains("keySize", Task("recall/mqar").WhyNot(Cell("recall/mqar", AttentionPattern.CausalSelf, 64) with
        {
            Implementation = "mamba/recurrent",
            Parameters = new(StringComparer.Ordinal) { ["keySize"] = "8" },
        }), StringComparison.Ordinal);

    [Fact]
    public void Every_task_that_is_trained_has_a_page_of_its_own_or_of_its_family()
    {
        foreach (var id in TaskCatalogue.All.OfType<RecallTask>().Select(task => task.Entry.Id["recall/".Length..]))
        {
            string[] pages = [id, id.Split('-')[0], id + "s"];
            Assert.Contains(pages, page => File.Exists(RepositoryFolder.Of("docs", "tasks", page + ".md")));
        }
    }

    private static RecallTask Task(string id) => (RecallTask)TaskCatalogue.Get(id);

    private static Cell Cell(string task, AttentionPattern pattern, int length) => new()
    {
        Task = task,
        Implementation = "softmax/naive",
        Pattern = pattern,
        Batch = 8,
        Heads = 1,
        HeadSize = 16,
        Length = length,
        SourceLength = pattern.IsCross ? 128 : null,
    };
}
