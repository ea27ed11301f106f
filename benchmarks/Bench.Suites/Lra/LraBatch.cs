namespace Bench.Suites.Lra;

/// <summary>Rows as plain arrays.</summary>
/// <param name="Length">L.</param>
/// <param name="Inputs">Tokens, row-major: <c>[B, L]</c>, of pairs <c>[2·B, L]</c> with all first documents before all second ones.</param>
/// <param name="Lengths">Real tokens of each document.</param>
/// <param name="Labels">Class of each row, <c>[B]</c>.</param>
public sealed record LraBatch(int Length, long[] Inputs, long[] Lengths, long[] Labels);
