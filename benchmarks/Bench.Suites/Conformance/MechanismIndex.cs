using System.Text;
using Bench.Attention;
using Bench.Domain.Matrix;

namespace Bench.Suites.Conformance;

/// <summary>The table of <c>docs/mechanisms/README.md</c>, made from the catalogue and the recorded cases.</summary>
public static class MechanismIndex
{
    /// <summary>The whole page.</summary>
    public static string Markdown()
    {
        var page = new StringBuilder();
        page.Append("""
            # Mechanisms

            Made from the catalogue by a test; do not edit. `NS` noncausal self, `CS` causal self, `NC` noncausal cross, `CC` causal cross; `*` marks an
            extension that the mathematics allows and the authors do not define. *Golden* counts the recorded cases of the authors' code
            (`tests/golden`) that the test suite runs the implementation against, outputs and gradients. The reference of a mechanism stands in bold.

            """);
        foreach (var family in AttentionCatalogue.All.GroupBy(entry => entry.Family).OrderBy(family => family.Key, StringComparer.Ordinal))
        {
            page.Append("\n## ").Append(char.ToUpperInvariant(family.Key[0])).Append(family.Key[1..].Replace('-', ' ')).Append("\n\n");
            page.Append("| implementation | mechanism | patterns | paper | time | memory | state | golden |\n|---|---|---|---|---|---|---|---|\n");
            foreach (var entry in family)
            {
                page.Append(Row(entry));
            }
        }

        return page.ToString();
    }

    /// <summary>Short pattern names, extensions with an asterisk: <c>NS CS* NC</c>.</summary>
    public static string Patterns(AttentionEntry entry) =>
        string.Join(' ', entry.AllPatterns.Select(pattern => pattern.Short + (entry.Facts.Extensions.Contains(pattern) ? "*" : "")));

    private static string Row(AttentionEntry entry)
    {
        var listing = AttentionListing.Of(entry);
        var id = listing.Id[(listing.Mechanism.Length + 1)..];
        var name = $"[`{listing.Mechanism}`]({listing.Mechanism}.md)/`{id}`";
        string[] cells =
        [
            entry.Facts.Reference ? $"**{name}**" : name, entry.Facts.Title, Patterns(entry).Replace("*", "\\*", StringComparison.Ordinal),
            listing.Paper, listing.Time, listing.Memory, listing.StateSize, listing.Golden,
        ];
        return $"| {string.Join(" | ", cells.Select(cell => cell.Replace("|", "\\|", StringComparison.Ordinal)))} |\n";
    }
}
