using Bench.Web.Components.Charts;
using CsCheck;

namespace Bench.Web.Tests.Components.Charts;

public sealed class LabelColumnTests
{
    [Fact]
    public void Labels_far_apart_stay_where_they_are()
    {
        var places = LabelColumn.Spread([300, 20, 150], spacing: 16, from: 0, to: 400);

        Assert.Equal([300, 20, 150], places);
    }

    [Fact]
    public void Two_labels_at_one_place_move_apart_by_the_same_distance()
    {
        var places = LabelColumn.Spread([100, 100], spacing: 16, from: 0, to: 400);

        Assert.Equal([92, 108], places);
    }

    [Fact]
    public void Labels_never_touch_leave_the_column_or_change_their_order() =>
        Gen.Double[-50, 450].Array[0, 26].Sample(wanted =>
        {
            var places = LabelColumn.Spread(wanted, spacing: 16, from: 0, to: 400);

            var order = Enumerable.Range(0, wanted.Length).OrderBy(index => wanted[index]).ThenBy(index => index).ToArray();
            Assert.All(places, place => Assert.InRange(place, -1e-9, 400 + 1e-9));
            Assert.All(order.Zip(order.Skip(1)), pair => Assert.True(places[pair.Second] - places[pair.First] >= 16 - 1e-9));
        });

    [Fact]
    public void More_labels_than_fit_share_the_column_evenly()
    {
        var places = LabelColumn.Spread([.. Enumerable.Repeat(5.0, 41)], spacing: 16, from: 0, to: 400);

        Assert.Equal(Enumerable.Range(0, 41).Select(index => index * 10.0), places.Select(place => Math.Round(place, 9)));
    }
}
