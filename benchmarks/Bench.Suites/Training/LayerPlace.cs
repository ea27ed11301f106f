using Bench.Attention;

namespace Bench.Suites.Training;

/// <summary>One place in a backbone where the cell's implementation stands: what it is built for and the largest shape that it sees there.</summary>
/// <param name="Settings">Sizes and pattern.</param>
/// <param name="Shape">Batch and lengths.</param>
public sealed record LayerPlace(AttentionSettings Settings, AttentionShape Shape);
