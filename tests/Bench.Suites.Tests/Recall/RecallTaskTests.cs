using Bench.Domain.Matrix;
using Bench.Suites.Harness;
using Bench.Suites.Recall;

namespace Bench.Suites.Tests.Recall;

public sealed class RecallTaskTests
{
    public static TheoryData<string> Ids => [.. TaskCatalogue.All.OfType<RecallTask>().Select(task => task.Entry.Id)];

    [Theory, MemberData(nameof(Ids))]
    public void Softmax_can_train_on_the_default_parameters(string id) =>
        Assert.Null(TaskCatalogue.Get(id).WhyNot(Cell(id, length: 128)));

    [Theory, MemberData(nameof(Ids))]
    public void A_row_without_room_is_refused_with_a_reason(string id) =>
        Assert.True(id is "recall/mad-memorization" or "recall/circuit" || TaskCatalogue.Get(id).WhyNot(Cell(id, length: 2)) is { Length: > 20 });

    [Fact]
    public void Every_task_that_is_trained_has_a_page_of_its_own_or_of_its_family()
    {
        foreach (var id in TaskCatalogue.All.OfType<RecallTask>().Select(task => task.Entry.Id["recall/".Length..]))
        {
            string[] pages = [id, id.Split('-')[0], id + "s"];
            Assert.Contains(pages, page => File.Exists(RepositoryFolder.Of("docs", "tasks", page + ".md")));
        }
    }

    private static Cell Cell(string task, int length) => new()
    {
        Task = task,
        Implementation = "softmax/naive",
        Pattern = AttentionPattern.CausalSelf,
        Batch = 8,
        Heads = 1,
        HeadSize = 16,
        Length = length,
    };
}
