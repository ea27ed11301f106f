using Bench.Data;
using Bench.Data.Rows;
using Bench.Domain.Analysis;
using Bench.Domain.Results;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Caching.Memory;

namespace Bench.Web.Features.Curves;

/// <summary>
/// Efficiency lengths and ratios of curves. They need the raw repetitions and thousands of resamples, so each is computed once for the runs
/// that it rests on and kept: runs never change.
/// </summary>
internal sealed class CurveStatistics(IDbContextFactory<BenchDbContext> contexts, IMemoryCache cache)
{
    // The bootstrap's seed is part of the method: reloads agree.
    private const long Seed = 20_230_915;

    /// <summary>Where each method becomes cheaper than the baseline for good, by method.</summary>
    public async Task<Dictionary<string, EfficiencyLength>> EfficiencyLengthsAsync(
        CostPoints baseline, IReadOnlyList<CostPoints> methods, string metric, CancellationToken cancellation)
    {
        var found = new Dictionary<string, EfficiencyLength>(StringComparer.Ordinal);
        var missing = new List<CostPoints>();
        foreach (var method in methods)
        {
            if (cache.TryGetValue<EfficiencyLength>(Address("length", metric, baseline, method), out var known))
            {
                found[method.Id] = known!;
            }
            else
            {
                missing.Add(method);
            }
        }

        if (missing.Count == 0)
        {
            return found;
        }

        var samples = await SamplesAsync([.. missing.Append(baseline).SelectMany(curve => curve.Points)], metric, cancellation);
        var reference = Curve(baseline, samples);
        foreach (var method in missing)
        {
            var length = MeasuredEfficiencyLength.Of(reference, Curve(method, samples), Seed);
            Keep(Address("length", metric, baseline, method), length);
            found[method.Id] = length;
        }

        return found;
    }

    /// <summary>Where the roofline of the machine that measured them would let each method become faster than the baseline, by method.</summary>
    public async Task<Dictionary<string, EfficiencyLength>> PredictedLengthsAsync(
        CostPoints baseline, IReadOnlyList<CostPoints> methods, CancellationToken cancellation)
    {
        var found = new Dictionary<string, EfficiencyLength>(StringComparer.Ordinal);
        var missing = methods.Where(method => !cache.TryGetValue(Address("roofline", "", baseline, method), out _)).ToList();
        var works = missing.Count == 0 ? [] : await WorksAsync([.. missing.Append(baseline).SelectMany(curve => curve.Points)], cancellation);
        foreach (var method in missing)
        {
            Keep(Address("roofline", "", baseline, method), Predict(baseline, method, works));
        }

        foreach (var method in methods)
        {
            if (cache.Get<EfficiencyLength?>(Address("roofline", "", baseline, method)) is { } length)
            {
                found[method.Id] = length;
            }
        }

        return found;
    }

    private static EfficiencyLength? Predict(CostPoints baseline, CostPoints method, Dictionary<string, RunWork> works)
    {
        var known = method.Points.Concat(baseline.Points).Where(point => works.ContainsKey(point.RunId)).Select(point => works[point.RunId]).ToList();
        IEnumerable<RequiredWork> Of(CostPoints curve) => curve.Points.Where(point => works.ContainsKey(point.RunId))
            .Select(point => new RequiredWork(point.Length, works[point.RunId].Flops, works[point.RunId].Bytes));
        return known.Count == 0
            ? null
            : RooflineEfficiencyLength.Of(
                method.Id, Of(baseline), Of(method),
                Quantiles.Median([.. known.Select(work => work.PeakFlops)]), Quantiles.Median([.. known.Select(work => work.PeakBytes)]));
    }

    /// <summary>The work of runs and the peaks that were measured beside them. Primary key of runs.</summary>
    private async Task<Dictionary<string, RunWork>> WorksAsync(IReadOnlyList<MeasuredPoint> points, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var ids = points.Select(point => point.RunId).Distinct().ToList();
        var rows = await db.Runs.AsNoTracking().Where(run => ids.Contains(run.Id)).Select(run => new { run.Id, run.Detail }).ToListAsync(cancellation);
        var works = new Dictionary<string, RunWork>(StringComparer.Ordinal);
        foreach (var row in rows)
        {
            double Fact(string name) => row.Detail.Facts.GetValueOrDefault(name);
            var work = new RunWork(Fact("usefulFlops"), Fact("leastBytes"), Fact("peakFlopsPerSecond"), Fact("peakBytesPerSecond"));
            if (work is { Flops: > 0, Bytes: > 0, PeakFlops: > 0, PeakBytes: > 0 })
            {
                works[row.Id] = work;
            }
        }

        return works;
    }

    /// <summary>Method over baseline at every length that both have, by method and length.</summary>
    public async Task<Dictionary<(string Id, int Length), Estimate>> RatiosAsync(
        CostPoints baseline, IReadOnlyList<CostPoints> methods, string metric, CancellationToken cancellation)
    {
        var found = new Dictionary<(string, int), Estimate>();
        var missing = new List<(CostPoints Method, MeasuredPoint Ours, MeasuredPoint Theirs)>();
        var theirs = baseline.Points.ToDictionary(point => point.Length);
        foreach (var (method, point) in methods.SelectMany(method => method.Points.Select(point => (method, point))))
        {
            if (!theirs.TryGetValue(point.Length, out var other))
            {
                continue;
            }

            if (cache.TryGetValue<Estimate>($"ratio|{metric}|{other.RunId}|{point.RunId}", out var known))
            {
                found[(method.Id, point.Length)] = known;
            }
            else
            {
                missing.Add((method, point, other));
            }
        }

        var samples = await SamplesAsync([.. missing.SelectMany(pair => new[] { pair.Ours, pair.Theirs })], metric, cancellation);
        foreach (var (method, ours, other) in missing)
        {
            if (samples.TryGetValue(ours.RunId, out var mine) && samples.TryGetValue(other.RunId, out var reference))
            {
                var ratio = RatioInterval.Unpaired(mine, reference, Seed);
                Keep($"ratio|{metric}|{other.RunId}|{ours.RunId}", ratio);
                found[(method.Id, ours.Length)] = ratio;
            }
        }

        return found;
    }

    private static CostCurve Curve(CostPoints curve, Dictionary<string, IReadOnlyList<IReadOnlyList<double>>> samples) => new(
        curve.Id,
        curve.Points.Where(point => samples.ContainsKey(point.RunId)).Select(point => new CostPoint(point.Length, samples[point.RunId]))
            .Concat(curve.Failures.Select(failure => CostPoint.Failed(
                failure.Length, failure.Class == FailureClass.OutOfMemory ? CostOutcome.OutOfMemory : CostOutcome.TimedOut))));

    /// <summary>Positive repetitions by process. Primary key of run_metrics.</summary>
    private async Task<Dictionary<string, IReadOnlyList<IReadOnlyList<double>>>> SamplesAsync(
        IReadOnlyList<MeasuredPoint> points, string metric, CancellationToken cancellation)
    {
        if (points.Count == 0)
        {
            return [];
        }

        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var ids = points.Select(point => point.RunId).Distinct().ToList();
        var rows = await db.RunMetrics.AsNoTracking().Where(row => row.Name == metric && ids.Contains(row.RunId))
            .Select(row => new { row.RunId, row.Samples, row.SamplesPerProcess }).ToListAsync(cancellation);
        return rows.Where(row => row.Samples.Length > 0 && row.Samples.All(value => value > 0))
            .ToDictionary(row => row.RunId, row => RunMetricRow.ByProcess(row.Samples, row.SamplesPerProcess), StringComparer.Ordinal);
    }

    private static string Address(string what, string metric, CostPoints baseline, CostPoints method) =>
        $"{what}|{metric}|{baseline.Fingerprint}|{method.Fingerprint}";

    private void Keep<T>(string key, T value) => cache.Set(key, value, new MemoryCacheEntryOptions { SlidingExpiration = TimeSpan.FromHours(6) });

    private readonly record struct RunWork(double Flops, double Bytes, double PeakFlops, double PeakBytes);
}
