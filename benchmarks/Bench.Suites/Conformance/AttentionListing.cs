using Bench.Attention;
using Bench.Domain.Matrix;

namespace Bench.Suites.Conformance;

/// <summary>One implementation as <c>bench list attention --json</c> shows it.</summary>
/// <param name="Id"><c>mechanism/implementation</c>.</param>
/// <param name="Mechanism">The part of the id before the slash.</param>
/// <param name="Family">Kebab-case family, such as <c>low-rank</c>.</param>
/// <param name="Patterns">Published patterns and extensions.</param>
/// <param name="Paper">Paper, such as <c>arXiv:2006.16236</c>.</param>
/// <param name="Time">Time of a full pass.</param>
/// <param name="Memory">Memory of a full pass beyond inputs and output.</param>
/// <param name="StateSize">Formula of the numbers kept between decode steps; empty without decode.</param>
/// <param name="Golden">Recorded cases of the authors' code that it reproduces, such as <c>7 cases</c>, or <c>none</c>.</param>
public sealed record AttentionListing(
    string Id,
    string Mechanism,
    string Family,
    IReadOnlyList<AttentionPattern> Patterns,
    string Paper,
    string Time,
    string Memory,
    string StateSize,
    string Golden)
{
    /// <summary>The listing of a catalogue entry.</summary>
    public static AttentionListing Of(AttentionEntry entry) => new(
        entry.Id,
        entry.Mechanism,
        entry.Family,
        [.. entry.AllPatterns],
        entry.Facts.Paper,
        entry.Facts.Time,
        entry.Facts.Memory,
        entry.Facts.State,
        GoldenCoverage.Status(entry.Id));
}
