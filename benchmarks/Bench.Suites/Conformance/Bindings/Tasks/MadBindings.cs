using Bench.Suites.Recall;

namespace Bench.Suites.Conformance.Bindings.Tasks;

/// <summary>MAD's in-context recall, quiet and noisy.</summary>
[Golden("mad/in-context-recall", "mad/noisy-in-context-recall")]
internal sealed class MadRecallBinding : TokenTaskBinding
{
    protected override ITokenTask Create(GoldenCase golden, JsonSamples samples, string split, int length) => new MadRecall(new MadRecallOptions
    {
        VocabularySize = golden.Int("vocab_size"),
        SequenceLength = golden.Int("seq_len"),
        NoiseVocabulary = golden.Int("noise_vocab_size"),
        NoiseShare = golden.Number("frac_noise"),
        MultiQuery = golden.Flag("multi_query", true),
        Training = samples.Flag(golden, "is_training", false),
    });
}

/// <summary>MAD's fuzzy recall.</summary>
[Golden("mad/fuzzy-in-context-recall")]
internal sealed class MadFuzzyRecallBinding : TokenTaskBinding
{
    protected override ITokenTask Create(GoldenCase golden, JsonSamples samples, string split, int length) => new MadFuzzyRecall(new MadFuzzyRecallOptions
    {
        VocabularySize = golden.Int("vocab_size"),
        Length = golden.Int("seq_len"),
        KeyMotif = golden.Int("k_motif_size", 3),
        ValueMotif = golden.Int("v_motif_size", 3),
        MultiQuery = golden.Flag("multi_query", true),
        Training = samples.Flag(golden, "is_training", false),
        AcceptUnseenProbe = true,
    });
}

/// <summary>MAD's memorisation: the map is read off the recorded rows, which must agree on it.</summary>
[Golden("mad/memorization")]
internal sealed class MadMemorizationBinding : TokenTaskBinding
{
    protected override ITokenTask Create(GoldenCase golden, JsonSamples samples, string split, int length)
    {
        var map = new Dictionary<int, int>();
        foreach (var row in samples.Rows.Select(Row))
        {
            for (var i = 0; i + 1 < row.Inputs.Length; i += 2)
            {
                if (map.TryGetValue(row.Inputs[i], out var value) && value != row.Labels[i + 1])
                {
                    throw new InvalidDataException($"The key {row.Inputs[i]} is recorded with the values {value} and {row.Labels[i + 1]}.");
                }

                map[row.Inputs[i]] = row.Labels[i + 1];
            }
        }

        return new MadMemorization(new MadMemorizationOptions { VocabularySize = golden.Int("vocab_size"), Length = golden.Int("seq_len") }, map);
    }
}

/// <summary>MAD's compression.</summary>
[Golden("mad/compression")]
internal sealed class MadCompressionBinding : TokenTaskBinding
{
    protected override ITokenTask Create(GoldenCase golden, JsonSamples samples, string split, int length) =>
        new MadCompression(new MadCompressionOptions { VocabularySize = golden.Int("vocab_size"), Length = golden.Int("seq_len") });
}

/// <summary>MAD's selective copying.</summary>
[Golden("mad/selective-copying")]
internal sealed class MadSelectiveCopyingBinding : TokenTaskBinding
{
    protected override ITokenTask Create(GoldenCase golden, JsonSamples samples, string split, int length) => new MadSelectiveCopying(new MadSelectiveCopyingOptions
    {
        VocabularySize = golden.Int("vocab_size"),
        Length = golden.Int("seq_len"),
        Copied = golden.Int("num_tokens_to_copy"),
    });
}
