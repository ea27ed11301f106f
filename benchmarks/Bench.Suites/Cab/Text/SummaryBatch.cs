namespace Bench.Suites.Cab.Text;

/// <summary>Documents with the summaries to write, row-major, padded on the right.</summary>
/// <param name="Rows">B.</param>
/// <param name="SourceLength">M: tokens of a document.</param>
/// <param name="Length">N: tokens of a summary, its end included.</param>
/// <param name="Source">Document tokens <c>[B, M]</c>.</param>
/// <param name="Real">True where a document token is real <c>[B, M]</c>.</param>
/// <param name="Inputs">Start token and the summary <c>[B, N]</c>.</param>
/// <param name="Targets">The summary and its end <c>[B, N]</c>; −100 where padded.</param>
public sealed record SummaryBatch(int Rows, int SourceLength, int Length, long[] Source, bool[] Real, long[] Inputs, long[] Targets);
