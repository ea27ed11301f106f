using System.Text.RegularExpressions;
using Bench.Domain.Matrix;

namespace Bench.Attention.Tests;

public sealed partial class AttentionCatalogueTests
{
    [Fact]
    public void Ids_are_kebab_case_mechanism_slash_implementation() =>
        Assert.All(AttentionCatalogue.All, entry => Assert.Matches(Id(), entry.Id));

    [Fact]
    public void Every_implementation_cites_a_paper_and_states_its_costs() => Assert.All(AttentionCatalogue.All, entry =>
    {
        Assert.Matches(Paper(), entry.Facts.Paper);
        Assert.NotEmpty(entry.Facts.Title);
        Assert.StartsWith("O(", entry.Facts.Time, StringComparison.Ordinal);
        Assert.StartsWith("O(", entry.Facts.Memory, StringComparison.Ordinal);
        Assert.NotEmpty(entry.AllPatterns);
    });

    [Fact]
    public void Every_mechanism_has_exactly_one_reference_and_it_supports_whatever_its_siblings_do() =>
        Assert.All(AttentionCatalogue.All.GroupBy(entry => entry.Mechanism), mechanism =>
        {
            var reference = Assert.Single(mechanism, entry => entry.Facts.Reference);
            Assert.All(mechanism, sibling => Assert.All(sibling.AllPatterns, pattern =>
                Assert.True(reference.Supports(pattern), $"{sibling.Id} offers {pattern.Name}, {reference.Id} does not.")));
        });

    [Fact]
    public void Siblings_share_title_and_take_every_option_of_the_reference() => Assert.All(AttentionCatalogue.All, entry =>
    {
        var reference = AttentionCatalogue.ReferenceOf(entry.Mechanism);
        Assert.Equal(reference.Facts.Title, entry.Facts.Title);
        Assert.Empty(reference.DefaultOptions().Except(entry.DefaultOptions()));
    });

    [Fact]
    public void A_pattern_is_published_or_an_extension_but_not_both() => Assert.All(AttentionCatalogue.All, entry =>
        Assert.Empty(entry.Facts.Patterns.Intersect(entry.Facts.Extensions)));

    [Fact]
    public void Whoever_decodes_states_the_size_of_the_state() => Assert.All(AttentionCatalogue.All, entry =>
    {
        var decodes = entry.AllPatterns.Any(pattern => AttentionCatalogue.CreateLayer(entry.Id, new AttentionSettings(pattern, 2, 8)).Decodes);
        Assert.True(decodes == (entry.Facts.State.Length > 0), $"{entry.Id}: decodes is {decodes}, its state formula is '{entry.Facts.State}'.");
    });

    [Fact]
    public void Default_options_round_trip_through_text() => Assert.All(
        AttentionCatalogue.All.Where(entry => entry.OptionsType is not null),
        entry => Assert.Equal(OptionsText.Write(entry.ParseOptions(null)!), OptionsText.Write(entry.ParseOptions(entry.DefaultOptions())!)));

    [Fact]
    public void An_unknown_id_names_its_neighbours()
    {
        var mistake = Assert.Throws<KeyNotFoundException>(() => AttentionCatalogue.Get("softmax/fancy"));
        Assert.Contains("softmax/naive", mistake.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unsupported_pattern_names_the_supported_ones()
    {
        var mistake = Assert.Throws<ArgumentException>(() =>
            AttentionCatalogue.CreateOperator("local/blocked", new AttentionSettings(AttentionPattern.CausalCross, 2, 8)));
        Assert.Contains("it supports noncausal-self, causal-self", mistake.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("window", "0", "between 1")]
    [InlineData("window", "many", "is no Int32")]
    [InlineData("widow", "3", "it has window")]
    public void A_wrong_option_is_refused_with_its_name(string name, string value, string says)
    {
        var mistake = Assert.Throws<ArgumentException>(() => AttentionCatalogue.CreateOperator(
            "local/blocked", new AttentionSettings(AttentionPattern.CausalSelf, 2, 8), new Dictionary<string, string> { [name] = value }));
        Assert.Contains(says, mistake.Message, StringComparison.Ordinal);
        Assert.Contains(name, mistake.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void An_option_for_an_implementation_without_options_is_refused()
    {
        var mistake = Assert.Throws<ArgumentException>(() => AttentionCatalogue.CreateOperator(
            "softmax/naive", new AttentionSettings(AttentionPattern.CausalSelf, 2, 8), new Dictionary<string, string> { ["window"] = "3" }));
        Assert.Contains("has no options", mistake.Message, StringComparison.Ordinal);
    }

    [GeneratedRegex("^[a-z0-9]+(-[a-z0-9]+)*/[a-z0-9]+(-[a-z0-9]+)*$")]
    private static partial Regex Id();

    [GeneratedRegex("^(arXiv:[0-9]{4}\\.[0-9]{4,5}|doi:.+)$")]
    private static partial Regex Paper();
}
