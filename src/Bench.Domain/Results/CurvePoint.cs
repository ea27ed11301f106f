namespace Bench.Domain.Results;

/// <summary>One evaluation during training.</summary>
/// <param name="Step">Optimiser steps done so far.</param>
/// <param name="Metric">Metric name, such as <c>accuracy</c>.</param>
/// <param name="Value">Its value on held-out data, or over the training since the last point for <c>trainLoss</c>.</param>
public sealed record CurvePoint(int Step, string Metric, double Value);
