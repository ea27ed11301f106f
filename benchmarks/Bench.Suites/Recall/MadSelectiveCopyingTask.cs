using Bench.Domain.Catalogue;
using Bench.Domain.Matrix;
using Bench.Suites.Harness;

namespace Bench.Suites.Recall;

/// <summary><c>recall/mad-selective-copying</c>: trains on rows of <see cref="MadSelectiveCopying"/>.</summary>
public sealed class MadSelectiveCopyingTask : RecallTask
{
    /// <inheritdoc />
    public override TaskEntry Entry { get; } = Describe(
        "mad-selective-copying",
        "MAD: selective copying",
        "Keeps symbols among blanks and writes them out in order behind a copy token.",
        "arXiv:2403.17844");

    /// <inheritdoc />
    public override IReadOnlyDictionary<string, string> Parameters { get; } = new Dictionary<string, string>(Common)
    {
        ["vocabulary"] = "16",
        ["copied"] = "16",
    };

    /// <inheritdoc />
    public override IReadOnlyList<AttentionPattern> Patterns { get; } = [AttentionPattern.CausalSelf, AttentionPattern.NoncausalSelf];

    /// <inheritdoc />
    protected override ITokenTask Source(ParameterReader read) => new MadSelectiveCopying(new MadSelectiveCopyingOptions
    {
        VocabularySize = read.Int("vocabulary", 4),
        Length = read.Cell.Length,
        Copied = read.Int("copied", 1),
    });
}
