using Bench.Domain.Matrix;
using Bench.Web.Features.Hybrids;
using Bench.Web.Features.Recall;

namespace Bench.Web.Tests.Features.Hybrids;

public sealed class HybridTableTests
{
    private static RecallValue Value(double median) => new("cell", median, median, median, median, 1, 0, 1, [median], "run", null, null, null);

    private static RecallRow Row(string name, string implementation, params RecallValue?[] values) =>
        new(name, implementation, implementation.Split('/')[0], AttentionPattern.CausalSelf, values);

    private static readonly RecallView View = new()
    {
        Filter = new RecallFilter(),
        Columns = [new(64, "64/4/conv,*", "length 64"), new(64, "64/4/conv,*,*,*,*", "length 64, four mixers")],
        Rows =
        [
            Row("softmax/sdpa", "softmax/sdpa", Value(1), null),
            Row("gla/fused", "gla/fused", Value(0.5), Value(0.6)),
            Row("hybrid/layers layout=gla:3,softmax:1", "hybrid/layers", null, Value(0.9)),
        ],
    };

    [Fact]
    public void Only_columns_with_a_hybrid_and_rows_measured_there_are_shown()
    {
        var table = HybridTable.Of(View);

        Assert.Equal(["64/4/conv,*,*,*,*"], table.Columns.Select(column => column.Label));
        Assert.Equal(["gla/fused", "hybrid/layers layout=gla:3,softmax:1"], table.Rows.Select(row => row.Name));
    }

    [Fact]
    public void The_sentence_sets_the_best_hybrid_against_the_best_pure_stack() =>
        Assert.Equal(
            "At length 64, four mixers the best hybrid, hybrid/layers layout=gla:3,softmax:1, recalls 90.0 %; the best pure stack, gla/fused, 60.0 %.",
            HybridTable.Sentence(HybridTable.Of(View)));

    [Fact]
    public void A_table_without_hybrids_is_empty() =>
        Assert.Empty(HybridTable.Of(View with { Rows = [View.Rows[0], View.Rows[1]] }).Rows);
}
