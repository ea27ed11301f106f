using Bench.Domain.Matrix;
using Bench.Web.Features.Recall;

namespace Bench.Web.Tests.Features.Recall;

public sealed class RecallOrderTests
{
    [Fact]
    public void Rows_are_apart_only_where_their_intervals_over_seeds_are()
    {
        var view = RecallView.Empty(new RecallFilter()) with
        {
            Rows =
            [
                Row("linear", 0.34, 0.38, 0.36),
                Row("softmax", 0.998, 1, 0.999),
                Row("based", 0.9, 0.92, 0.91),
                Row("gla", 0.89, 0.93, 0.87),
                Row("one seed", 0.95),
            ],
        };

        var order = RecallOrder.Measured(view);

        Assert.Equal(["softmax", "based", "gla", "linear"], order.Select(place => place.Name));
        Assert.Equal([true, false, true, null], order.Select(place => place.IsApart));
    }

    [Fact]
    public void The_authors_of_Based_report_attention_first_and_a_state_space_model_last() =>
        Assert.Equal(["Attention", "Based", "Mamba"], RecallOrder.Published().Select(row => row.Architecture));

    private static RecallRow Row(string name, params double[] seeds) => new(
        name, $"{name}/plain", name, AttentionPattern.CausalSelf,
        [new RecallValue("cell", seeds[0], seeds.Average(), seeds.Min(), seeds.Max(), seeds.Length, 0, 1, seeds, null, null, null, null)]);
}
