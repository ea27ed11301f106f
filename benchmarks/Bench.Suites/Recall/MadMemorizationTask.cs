using Bench.Domain.Catalogue;
using Bench.Suites.Harness;

namespace Bench.Suites.Recall;

/// <summary><c>recall/mad-memorization</c>: trains on rows of <see cref="MadMemorization"/>.</summary>
public sealed class MadMemorizationTask : RecallTask
{
    /// <inheritdoc />
    public override TaskEntry Entry { get; } = Describe(
        "mad-memorization",
        "MAD: memorisation",
        "Learns a fixed map into the weights: facts that no input contains.",
        "arXiv:2403.17844");

    /// <inheritdoc />
    public override IReadOnlyDictionary<string, string> Parameters { get; } = new Dictionary<string, string>(Common)
    {
        ["vocabulary"] = "256",
        ["mapSeed"] = "12345",
    };

    /// <inheritdoc />
    protected override ITokenTask Source(ParameterReader read) => new MadMemorization(new MadMemorizationOptions
    {
        VocabularySize = read.Int("vocabulary", 4),
        Length = read.Cell.Length,
        MapSeed = read.Int("mapSeed"),
    });
}
