using Bench.Domain.Protocol;

namespace Bench.Domain.Tests.Protocol;

public sealed class BenchIdTests
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

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
