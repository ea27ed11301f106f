using System.Globalization;
using Bench.Attention;
using static TorchSharp.torch;

namespace Bench.Suites.Conformance.Bindings;

/// <summary>
/// MoA in its three phases: blocks of sinks and of a band (prefill); the elastic rule, which gives the band's blocks from α and β; and
/// decode, where every head keeps its first tokens and a ring, which is <c>sink-window</c> with sizes per head.
/// </summary>
[Golden("moa")]
internal sealed class MixtureOfSparseBinding : GoldenBinding
{
    /// <inheritdoc />
    public override IEnumerable<string> Implementations(GoldenCase golden) =>
        Operators(golden.ParamText("phase") == "decode" ? "sink-window" : "moa", golden);

    /// <inheritdoc />
    public override GoldenOutcome Run(GoldenCase golden, string implementation) => golden.ParamText("phase") switch
    {
        "decode" => Decode(golden, implementation),
        "elastic-rule" => SparseCase.Run(golden, implementation, Elastic(golden)),
        _ => SparseCase.Run(golden, implementation, new Dictionary<string, string>
        {
            ["block"] = $"{golden.Int("block", 64)}",
            ["sink"] = string.Join(',', Numbers(golden, "sink_size")),
            ["local"] = string.Join(',', Numbers(golden, "local_size")),
        }),
    };

    private static Dictionary<string, string> Elastic(GoldenCase golden)
    {
        var (block, length) = (golden.Int("block", 64), golden["k"].shape[2]);
        var bands = golden.Param("alpha_beta")!.Value.EnumerateArray().Select(pair =>
            block * Math.Max(1, (long)(Math.Floor(pair[0].GetDouble() / block) + pair[1].GetDouble() * (length / (double)block))));
        return new Dictionary<string, string> { ["block"] = $"{block}", ["sink"] = $"{block}", ["local"] = string.Join(',', bands) };
    }

    private static GoldenOutcome Decode(GoldenCase golden, string implementation)
    {
        var (fixedTokens, kept) = (Numbers(golden, "static_size"), Numbers(golden, "cache_size"));
        var attention = AttentionCatalogue.CreateOperator(implementation, golden.OperatorSettings(), new Dictionary<string, string>
        {
            ["sink"] = string.Join(',', fixedTokens),
            ["window"] = string.Join(',', kept.Zip(fixedTokens, (all, first) => all - first)),
        });
        Tensor q = golden["q"], k = golden["k"], v = golden["v"];
        var (steps, length) = (q.shape[2], k.shape[2]);
        var outcome = new GoldenOutcome();

        // The full pass carries the gradients; earlier queries are not part of the case.
        var queries = nn.functional.pad(q, [0, 0, length - steps, 0]);
        outcome.With("out", attention.forward(new AttentionInputs(queries, k, v)).narrow(2, length - steps, steps));

        using var nograd = no_grad();
        AttentionInputs Tokens(long from, long count) =>
            new(queries.narrow(2, from, count), k.narrow(2, from, count), v.narrow(2, from, count));
        var (_, state) = attention.Prefill(Tokens(0, length - steps));
        var decoded = cat([.. Enumerable.Range(0, (int)steps).Select(i => attention.Step(Tokens(length - steps + i, 1), state))], 2);
        state.Dispose();
        if ((decoded - outcome.Outputs["out"]).abs().max().to(ScalarType.Float64).item<double>() > golden.Tolerance(gradient: false).Atol)
        {
            // Report the decode where it differs from the pass.
            outcome.With("out", decoded);
        }

        return outcome;
    }

    private static List<long> Numbers(GoldenCase golden, string name) =>
        [.. golden.Param(name)!.Value.EnumerateArray().Select(number => long.Parse(number.GetRawText(), CultureInfo.InvariantCulture))];
}
