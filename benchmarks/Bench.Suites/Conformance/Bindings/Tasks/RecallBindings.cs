using Bench.Suites.Recall;

namespace Bench.Suites.Conformance.Bindings.Tasks;

/// <summary>Zoology's multi-query associative recall.</summary>
[Golden("mqar")]
internal sealed class MqarBinding : TokenTaskBinding
{
    protected override ITokenTask Create(GoldenCase golden, JsonSamples samples, string split, int length) => new Mqar(new MqarOptions
    {
        VocabularySize = golden.Int("vocab_size"),
        Length = golden.Int("input_seq_len", length),
        Pairs = golden.Int("num_kv_pairs"),
        Power = golden.Number("power_a", 0.01),
        RandomNonQueries = golden.Flag("random_non_queries", true),
    });
}

/// <summary>Zoology's recall with updates.</summary>
[Golden("forgetting_mqar")]
internal sealed class ForgettingMqarBinding : TokenTaskBinding
{
    protected override ITokenTask Create(GoldenCase golden, JsonSamples samples, string split, int length) => new ForgettingMqar(new ForgettingMqarOptions
    {
        VocabularySize = golden.Int("vocab_size"),
        Length = golden.Int("input_seq_len", length),
        Pairs = golden.Int("num_kv_pairs"),
        Updates = golden.Int("num_updates", 4),
        Power = golden.Number("power_a", 0.01),
        RandomNonQueries = golden.Flag("random_non_queries", true),
    });
}

/// <summary>Zoology's recall with two-part keys.</summary>
[Golden("compositional_mqar")]
internal sealed class CompositionalMqarBinding : TokenTaskBinding
{
    protected override ITokenTask Create(GoldenCase golden, JsonSamples samples, string split, int length) => new CompositionalMqar(new CompositionalMqarOptions
    {
        VocabularySize = golden.Int("vocab_size"),
        Length = golden.Int("input_seq_len", length),
        Pairs = golden.Int("num_kv_pairs"),
        Power = golden.Number("power_a", 0.01),
        RandomNonQueries = golden.Flag("random_non_queries", true),
    });
}

/// <summary>Prefix-linear-attention's small recall.</summary>
[Golden("mini_mqar")]
internal sealed class MiniMqarBinding : TokenTaskBinding
{
    protected override ITokenTask Create(GoldenCase golden, JsonSamples samples, string split, int length) => new MiniMqar(new MiniMqarOptions
    {
        VocabularySize = golden.Int("vocab_size"),
        Pairs = golden.Int("num_kv_pairs"),
        Queries = golden.Int("num_queries"),
    });
}

/// <summary>Prefix-linear-attention's set intersection.</summary>
[Golden("set_intersection")]
internal sealed class SetIntersectionBinding : TokenTaskBinding
{
    protected override ITokenTask Create(GoldenCase golden, JsonSamples samples, string split, int length) => new SetIntersection(new SetIntersectionOptions
    {
        VocabularySize = golden.Int("vocab_size"),
        FirstLength = golden.Int("short_length"),
        SecondLength = golden.Int("long_length"),
    });
}

/// <summary>Zoology's circuits.</summary>
[Golden("parity", "majority", "vocab_majority", "cumulative_parity", "cumulative_majority")]
internal sealed class CircuitBinding : TokenTaskBinding
{
    protected override ITokenTask Create(GoldenCase golden, JsonSamples samples, string split, int length) => new Circuit(new CircuitOptions
    {
        Kind = golden.Mechanism switch
        {
            "parity" => CircuitKind.Parity,
            "majority" => CircuitKind.Majority,
            "vocab_majority" => CircuitKind.VocabularyMajority,
            "cumulative_parity" => CircuitKind.CumulativeParity,
            _ => CircuitKind.CumulativeMajority,
        },
        VocabularySize = golden.Int("vocab_size", 2),
        // Cumulative parity is recorded one token shorter than its parameter says.
        Length = length,
    });
}

/// <summary>Safari's induction heads.</summary>
[Golden("safari/induction_head")]
internal sealed class InductionHeadsBinding : TokenTaskBinding
{
    protected override ITokenTask Create(GoldenCase golden, JsonSamples samples, string split, int length) => new InductionHeads(new InductionHeadsOptions
    {
        VocabularySize = golden.Int("vocab_size"),
        SequenceLength = golden.Int("input_seq_len"),
        Remembered = golden.Int("induction_len", 1),
        Training = split != "test",
    });
}

/// <summary>Safari's associative recall.</summary>
[Golden("safari/assoc_recall")]
internal sealed class AssociativeRecallBinding : TokenTaskBinding
{
    protected override ITokenTask Create(GoldenCase golden, JsonSamples samples, string split, int length) => new AssociativeRecall(new AssociativeRecallOptions
    {
        VocabularySize = golden.Int("vocab_size"),
        SequenceLength = golden.Int("input_seq_len"),
        KeyTokens = golden.Int("num_keys", 1),
        Training = split != "test",
    });
}

/// <summary>S4's copying and selective copying, whose targets are recorded without the rest of the row.</summary>
[Golden("copying", "selective_copying")]
internal sealed class CopyingBinding : TokenTaskBinding
{
    protected override ITokenTask Create(GoldenCase golden, JsonSamples samples, string split, int length) => new Copying(new CopyingOptions
    {
        VocabularySize = golden.Int("n_tokens"),
        Noise = golden.Int("l_noise"),
        Copied = golden.Int("l_memorize"),
        Selective = golden.Flag("variable"),
        Reverse = golden.Flag("reverse"),
    });

    protected override TaskRow Row(System.Text.Json.JsonElement sample)
    {
        int[] inputs = JsonSamples.Integers(sample, "inputs"), targets = JsonSamples.Integers(sample, "targets", "labels");
        return new TaskRow(inputs, [.. Enumerable.Repeat(TokenBatch.NotScored, inputs.Length - targets.Length), .. targets]);
    }
}
