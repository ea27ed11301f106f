using Bench.Domain.Protocol;

namespace Bench.Domain.Tests.Protocol;

public sealed class BenchIdTests
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Ids_sort_by_time()
    {
        var ids = Enumerable.Range(0, 50).Select(i => BenchId.New("run", Noon.AddMilliseconds(i))).ToList();

        Assert.Equal(ids.Order(StringComparer.Ordinal), ids);
    }

    [Fact]
    public void Ids_of_one_instant_differ() =>
        Assert.Equal(1000, Enumerable.Range(0, 1000).Select(_ => BenchId.New("run", Noon)).Distinct().Count());

    [Fact]
    public void Only_the_form_of_an_id_is_valid()
    {
        var id = BenchId.New("run", Noon);

        Assert.True(BenchId.IsValid(id, "run"));
        Assert.False(BenchId.IsValid(id, "att"));
        Assert.False(BenchId.IsValid(id[..^1], "run"));
        Assert.False(BenchId.IsValid(id[..^1] + "'", "run"));
        Assert.False(BenchId.IsValid(null, "run"));
    }

    [Fact]
    public void Id_of_a_name_at_an_instant_is_one_and_lies_in_its_order()
    {
        var id = BenchId.Of("fir", Noon, "NightlyRerun");

        Assert.Equal(id, BenchId.Of("fir", Noon, "NightlyRerun"));
        Assert.True(BenchId.IsValid(id, "fir"));
        Assert.NotEqual(id, BenchId.Of("fir", Noon, "Ageing"));
        Assert.True(string.CompareOrdinal(id, BenchId.Of("fir", Noon.AddSeconds(1), "NightlyRerun")) < 0);
        Assert.Equal(BenchId.New("fir", Noon)[..14], id[..14]);
    }
}
