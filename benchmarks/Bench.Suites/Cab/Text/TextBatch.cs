namespace Bench.Suites.Cab.Text;

/// <summary>Rows of running text, row-major.</summary>
/// <param name="Rows">B.</param>
/// <param name="Length">N: tokens of a row.</param>
/// <param name="Inputs">Tokens <c>[B, N]</c>.</param>
/// <param name="Chosen">Places <c>[S]</c> in the flattened rows that are predicted; all of them in language modelling.</param>
/// <param name="Targets">The token of each chosen place <c>[S]</c>.</param>
public sealed record TextBatch(int Rows, int Length, long[] Inputs, long[] Chosen, long[] Targets);
