using System.Globalization;
using Bench.Web.Components.Format;

namespace Bench.Web.Tests.Components.Format;

public sealed class ShowTests
{
    [Theory]
    [InlineData(0.000981, "ms", "981 ns")]
    [InlineData(0.0981, "ms", "98.1 µs")]
    [InlineData(0.9996, "ms", "1.00 ms")]
    [InlineData(12.44, "ms", "12.4 ms")]
    [InlineData(12440, "ms", "12.4 s")]
    [InlineData(999.6, "ms", "1.00 s")]
    [InlineData(600000, "ms", "10.0 min")]
    [InlineData(512, "B", "512 B")]
    [InlineData(1048576, "B", "1.00 MiB")]
    [InlineData(3779067904, "B", "3.52 GiB")]
    [InlineData(0.9823, "1", "98.2 %")]
    [InlineData(1.2e-7, "nat", "1.2e-7 nat")]
    [InlineData(1.6e11, "FLOP/s", "160 GFLOP/s")]
    [InlineData(999.6e6, "FLOP", "1.00 GFLOP")]
    [InlineData(12e9, "B/s", "12.0 GB/s")]
    public void Quantities_have_three_digits_and_a_unit_that_fits(double value, string unit, string expected) =>
        Assert.Equal(expected, Show.Quantity(value, unit));

    [Theory]
    [InlineData(0, "yes/no", "no")]
    [InlineData(1, "yes/no", "yes")]
    [InlineData(1, "tier", "stand-in")]
    [InlineData(7, "tier", "7.00")]
    [InlineData(0.00316, "", "0.003160")]
    [InlineData(0.25, "1", "25.0 %")]
    public void Facts_of_a_run_have_a_unit_or_words(double value, string unit, string expected) => Assert.Equal(expected, Show.Fact(value, unit));

    [Theory]
    [InlineData(256, "256")]
    [InlineData(1000, "1000")]
    [InlineData(1024, "1k")]
    [InlineData(65536, "64k")]
    [InlineData(12000, "12\u202F000")]
    public void Lengths_count_k_as_1024(double tokens, string expected) => Assert.Equal(expected, Show.Length(tokens));

    [Fact]
    public void Thousands_are_grouped_by_a_narrow_space_and_minus_is_a_minus()
    {
        Assert.Equal("1\u202F234\u202F567", Show.Count(1234567));
        Assert.Equal("\u221242", Show.Count(-42));
    }

    [Theory]
    [InlineData("de-DE")]
    [InlineData("tr-TR")]
    public void The_culture_of_the_server_changes_nothing(string culture)
    {
        var before = CultureInfo.CurrentCulture;
        CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo(culture);
        try
        {
            Assert.Equal("1.50 ms", Show.Quantity(1.5, "ms"));
            Assert.Equal("98.2", Show.Percent(0.9823));
            Assert.Equal("2025-03-01 14:05 UTC", Show.Instant(new DateTimeOffset(2025, 3, 1, 15, 5, 0, TimeSpan.FromHours(1))));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Theory]
    [InlineData(0.1, "0.1")]
    [InlineData(20, "20")]
    [InlineData(0.005, "0.005")]
    public void Ticks_have_no_zeros_at_the_end(double value, string expected) => Assert.Equal(expected, Show.Short(value));
}
