using System.Text.Json;
using Bench.Suites.Recall;
using static TorchSharp.torch;

namespace Bench.Suites.Conformance.Bindings.Tasks;

/// <summary>Bigram-Backcopy: recorded rows obey its laws, and the recorded distributions are ours to the last digit.</summary>
[Golden("bigram_backcopy")]
internal sealed class BigramBackcopyBinding : TokenTaskBinding
{
    /// <inheritdoc />
    public override GoldenOutcome Run(GoldenCase golden, string implementation)
    {
        if (!golden.Has("bigram"))
        {
            return base.Run(golden, implementation);
        }

        var ours = new BigramBackcopy(new BigramBackcopyOptions { Triggers = golden.Int("k", 3), Length = golden.Int("seq_length", 256) });
        RequireDistributions(golden["unigram"]);
        RequireDistributions(golden["bigram"]);
        // The initial distribution is a quotient, so its last digit depends on the order of a sum.
        using var initial = tensor([.. ours.Initial]);
        if ((initial - golden["initial"]).abs().max().item<double>() > 1e-14)
        {
            throw new InvalidDataException("The recorded initial distribution is not the unigrams without triggers.");
        }

        return new GoldenOutcome()
            .With("unigram", tensor([.. BigramBackcopy.Unigram]))
            .With("bigram", stack([.. BigramBackcopy.Bigram.Select(row => tensor([.. row]))]));
    }

    protected override ITokenTask Create(GoldenCase golden, JsonSamples samples, string split, int length)
    {
        var task = new BigramBackcopy(new BigramBackcopyOptions { Triggers = golden.Int("k", 3), Length = golden.Int("seq_length", length) });
        foreach (var trigger in golden.Param("triggers") is { ValueKind: JsonValueKind.Array } triggers ? triggers.EnumerateArray() : default)
        {
            if (!task.IsTrigger(trigger.GetInt32()))
            {
                throw new InvalidDataException($"The recorded trigger {trigger} is not among our {golden.Int("k", 3)} most frequent "
                    + "characters.");
            }
        }

        return task;
    }

    protected override TaskRow Row(JsonElement sample)
    {
        var tokens = JsonSamples.Integers(sample, "tokens");
        return new TaskRow(tokens[..^1], tokens[1..]);
    }

    private static void RequireDistributions(Tensor rows)
    {
        using var scope = NewDisposeScope();
        if ((rows.sum(-1) - 1).abs().max().item<double>() > 1e-9 || rows.lt(0).any().item<bool>())
        {
            throw new InvalidDataException("A recorded row of frequencies is no distribution.");
        }
    }
}
