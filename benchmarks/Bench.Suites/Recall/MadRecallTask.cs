using Bench.Domain.Catalogue;
using Bench.Suites.Harness;

namespace Bench.Suites.Recall;

/// <summary><c>recall/mad-recall</c>: trains on rows of <see cref="MadRecall"/>.</summary>
public sealed class MadRecallTask : RecallTask
{
    /// <inheritdoc />
    public override TaskEntry Entry { get; } = Describe(
        "mad-recall",
        "MAD: in-context recall",
        "Predicts the value of every key that returns, with or without noise pairs in between.",
        "arXiv:2403.17844");

    /// <inheritdoc />
    public override IReadOnlyDictionary<string, string> Parameters { get; } = new Dictionary<string, string>(Common)
    {
        ["vocabulary"] = "16",
        ["noiseVocabulary"] = "0",
        ["noiseShare"] = "0",
    };

    /// <inheritdoc />
    protected override ITokenTask Source(ParameterReader read) => new MadRecall(new MadRecallOptions
    {
        VocabularySize = read.Int("vocabulary", 4),
        // Labels are inputs shifted by one, so a row is one token shorter than its sequence, which has whole pairs.
        SequenceLength = (read.Cell.Length + 1) / 2 * 2,
        NoiseVocabulary = read.Int("noiseVocabulary"),
        NoiseShare = read.Number("noiseShare"),
        Training = true,
    });

    /// <inheritdoc />
    protected override ITokenTask TestSource(ParameterReader read) => new MadRecall(new MadRecallOptions
    {
        VocabularySize = read.Int("vocabulary", 4),
        // Labels are inputs shifted by one, so a row is one token shorter than its sequence, which has whole pairs.
        SequenceLength = (read.Cell.Length + 1) / 2 * 2,
        NoiseVocabulary = read.Int("noiseVocabulary"),
        NoiseShare = read.Number("noiseShare"),
    });
}
