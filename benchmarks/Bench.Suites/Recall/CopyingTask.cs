using Bench.Domain.Catalogue;
using Bench.Domain.Matrix;
using Bench.Suites.Harness;

namespace Bench.Suites.Recall;

/// <summary><c>recall/copying</c>: trains on rows of <see cref="Copying"/>.</summary>
public sealed class CopyingTask : RecallTask
{
    /// <inheritdoc />
    public override TaskEntry Entry { get; } = Describe(
        "copying",
        "Copying and selective copying",
        "Writes out symbols seen long before, in order; selective copying leaves out the blanks between them.",
        "arXiv:2312.00752");

    /// <inheritdoc />
    public override IReadOnlyDictionary<string, string> Parameters { get; } = new Dictionary<string, string>(Common)
    {
        ["copied"] = "8",
        ["selective"] = "true",
        ["reverse"] = "false",
        ["vocabulary"] = "16",
    };

    /// <inheritdoc />
    public override IReadOnlyList<AttentionPattern> Patterns { get; } = [AttentionPattern.CausalSelf, AttentionPattern.NoncausalSelf];

    /// <inheritdoc />
    protected override ITokenTask Source(ParameterReader read) => new Copying(new CopyingOptions
    {
        VocabularySize = read.Int("vocabulary", 4),
        Copied = read.Int("copied", 1),
        Noise = read.Cell.Length - (2 * read.Int("copied", 1)),
        Selective = read.Flag("selective"),
        Reverse = read.Flag("reverse"),
    });
}
