using System.ComponentModel.DataAnnotations;
using System.Globalization;

namespace Bench.Attention.Tests;

public sealed class OptionsTextTests
{
    private enum Shape
    {
        Round,
        HalfOpen,
    }

    private sealed record Options
    {
        [Range(1, 100)]
        public int Size { get; set; } = 7;

        public double Rate { get; set; } = 0.25;

        public bool Warm { get; set; }

        public Shape Form { get; set; }

        public int? Limit { get; set; }
    }

    [Fact]
    public void Absent_values_keep_their_defaults() => Assert.Equal(new Options(), Parse([]));

    [Fact]
    public void Every_kind_of_value_is_read() => Assert.Equal(
        new Options { Size = 3, Rate = 1.5e-3, Warm = true, Form = Shape.HalfOpen, Limit = 9 },
        Parse(new() { ["size"] = "3", ["rate"] = "1.5e-3", ["warm"] = "true", ["form"] = "half-open", ["limit"] = "9" }));

    [Fact]
    public void Written_options_read_back_to_the_same_record()
    {
        var options = new Options { Rate = 1d / 3, Warm = true, Form = Shape.HalfOpen };
        Assert.Equal(options, Parse(OptionsText.Write(options).ToDictionary()));
    }

    [Fact]
    public void Numbers_do_not_depend_on_the_culture()
    {
        var culture = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = new CultureInfo("de-DE");
            Assert.Equal(0.5, Parse(new() { ["rate"] = "0.5" }).Rate);
            Assert.Equal("0.25", OptionsText.Write(new Options())["rate"]);
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
        }
    }

    [Theory]
    [InlineData("sise", "1", "has no option 'sise'; it has size, rate, warm, form, limit")]
    [InlineData("size", "three", "Option 'size' of 'a test' is 'three', which is no Int32")]
    [InlineData("form", "square", "which is no Shape")]
    [InlineData("size", "101", "between 1 and 100")]
    public void A_mistake_says_whose_option_it_is_and_what_is_allowed(string name, string value, string says)
    {
        var mistake = Assert.Throws<ArgumentException>(() => Parse(new() { [name] = value }));
        Assert.Contains(says, mistake.Message, StringComparison.Ordinal);
        Assert.Contains("'a test'", mistake.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("LowRank", "low-rank")]
    [InlineData("Softmax", "softmax")]
    public void Kebab_case_separates_words(string pascal, string kebab) => Assert.Equal(kebab, OptionsText.Kebab(pascal));

    private static Options Parse(Dictionary<string, string> values) => (Options)OptionsText.Parse(typeof(Options), values, "a test");
}
