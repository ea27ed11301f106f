namespace Bench.Suites.Conformance.Bindings;

/// <summary>The mask of StreamingLLM's cache.</summary>
[Golden("window_sink")]
internal sealed class SinkWindowBinding : GoldenBinding
{
    /// <inheritdoc />
    public override IEnumerable<string> Implementations(GoldenCase golden) => Operators("sink-window", golden);

    /// <inheritdoc />
    public override GoldenOutcome Run(GoldenCase golden, string implementation) => SparseCase.Run(golden, implementation, new Dictionary<string, string>
    {
        ["sink"] = $"{golden.Int("sink", 4)}",
        ["window"] = $"{golden.Int("window", 60)}",
    });
}
