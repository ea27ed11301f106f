using Bench.Domain.Randomness;

namespace Bench.Suites.Recall;

/// <summary>Parameters of MAD's compression.</summary>
public sealed record MadCompressionOptions
{
    /// <summary>V: symbols 0 … V − 2 and the compression token V − 1.</summary>
    public int VocabularySize { get; init; } = 16;

    /// <summary>L, the compression token at the end included.</summary>
    public int Length { get; init; } = 32;
}

/// <summary>
/// Random tokens and a compression token at the end: an encoder's state at that last token must suffice to write the whole row again.
/// Labels are
/// the inputs; it takes an auto-encoder, since a model that sees the inputs could copy them.
/// </summary>
/// <remarks>Poli et al., MAD, arXiv:2403.17844; athms/mad-lab, mad/data/instances.py.</remarks>
public sealed class MadCompression : TokenTask
{
    private readonly MadCompressionOptions _options;

    /// <summary>The task with checked options.</summary>
    /// <exception cref="ArgumentException">Fewer than two tokens or symbols.</exception>
    public MadCompression(MadCompressionOptions options) => _options = options is { Length: >= 2, VocabularySize: >= 3 }
        ? options
        : throw new ArgumentException("Compression needs two tokens and two symbols beside the compression token.", nameof(options));

    /// <inheritdoc />
    public override string Name => "mad-compression";

    /// <inheritdoc />
    public override int VocabularySize => _options.VocabularySize;

    /// <inheritdoc />
    public override int Length => _options.Length;

    private protected override void Fill(CounterRandom random, TokenRow row)
    {
        foreach (ref var token in row.Inputs[..^1])
        {
            token = random.Next(VocabularySize - 1);
        }

        row.Inputs[^1] = VocabularySize - 1;
        row.Inputs.CopyTo(row.Labels);
    }

    private protected override string? BrokenLaw(TokenSample sample) =>
        sample.Inputs.IndexOf(VocabularySize - 1) != Length - 1 ? "The compression token must stand at the end and nowhere else."
            : Differs(sample.Labels, sample.Inputs);
}
