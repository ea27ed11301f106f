using Bench.Data.Rows;
using Bench.Domain.Matrix;
using Bench.Domain.Results;
using Bench.Domain.Analysis;
using Microsoft.Extensions.Caching.Memory;

namespace Bench.Web.Features.Compare;

/// <summary>
/// Two sides brought together by cell: what both measured under comparable conditions becomes a pair, everything else says why not.
/// </summary>
internal sealed class Pairing
{
    /// <summary>Pairs beyond this are left out: a table of more is read by a program, which asks task by task.</summary>
    public const int MostPairs = 1_000;

    // The bootstrap's seed is part of the method: reloads agree.
    private const long Seed = 20_230_915;
    private const int LeastSameCode = 5;
    private static readonly string[] NotHeadlines = [Metric.TestLoss.Name, Metric.TrainStepsPerSecond.Name];

    private readonly List<Pair> _pairs;
    private readonly List<UnpairedCell> _unpaired;
    private readonly ComparisonView _view;

    private Pairing(List<Pair> pairs, List<UnpairedCell> unpaired, ComparisonView view)
    {
        (_pairs, _unpaired, _view) = (pairs, unpaired, view);
        Runs = [.. pairs.SelectMany(pair => pair.A.Concat(pair.B)).Select(run => run.Id).Distinct()];
    }

    /// <summary>Runs whose samples <see cref="Judge"/> needs.</summary>
    public IReadOnlyList<string> Runs { get; }

    /// <summary>Brings the sides together.</summary>
    /// <param name="a">First side.</param>
    /// <param name="b">Second side.</param>
    /// <param name="runsA">Runs of A, the newest first.</param>
    /// <param name="runsB">Runs of B, the newest first.</param>
    /// <param name="cells">Their cells by id.</param>
    /// <param name="filter">What is asked for.</param>
    /// <param name="environments">Facts by hash.</param>
    public static Pairing Of(
        ComparisonSide a, ComparisonSide b, IReadOnlyList<SideRun> runsA, IReadOnlyList<SideRun> runsB, IReadOnlyDictionary<int, CellRow> cells,
        ComparisonFilter filter, IReadOnlyDictionary<string, RunEnvironment> environments)
    {
        var tasks = runsA.Select(run => cells[run.CellId].Task).Intersect(runsB.Select(run => cells[run.CellId].Task)).Order(StringComparer.Ordinal).ToList();
        var task = tasks.Contains(filter.Task ?? "") ? filter.Task! : tasks.Contains("efficiency/forward") ? "efficiency/forward" : tasks.FirstOrDefault();
        var free = new FreeParts(a.Implementation is not null || a.Mechanism is not null || b.Implementation is not null || b.Mechanism is not null, a.Dtype is not null || b.Dtype is not null);
        var (left, right) = (Group(runsA, cells, task, free), Group(runsB, cells, task, free));
        var pairs = new List<Pair>();
        var unpaired = new List<UnpairedCell>();
        foreach (var key in left.Keys.Union(right.Keys).Order(StringComparer.Ordinal))
        {
            if (!left.TryGetValue(key, out var ours))
            {
                unpaired.Add(Only(key, right[key], "onlyB", "only B has a run of this cell"));
            }
            else if (!right.TryGetValue(key, out var theirs))
            {
                unpaired.Add(Only(key, ours, "onlyA", "only A has a run of this cell"));
            }
            else
            {
                Meet(key, ours, theirs, a.NamesPlace && b.NamesPlace, pairs, unpaired, environments);
            }
        }

        var leftOut = Math.Max(0, pairs.Count - MostPairs);
        pairs = [.. pairs.Take(MostPairs)];
        var view = new ComparisonView
        {
            Filter = filter with { Task = task },
            Tasks = tasks,
            LeftOut = leftOut,
            Differences = Differences(pairs, environments),
            UpdatedAt = runsA.Concat(runsB).Select(run => (DateTimeOffset?)run.ReceivedAt).Max(),
        };
        return new Pairing(pairs, unpaired, view);

        UnpairedCell Only(string key, List<SideCell> side, string kind, string reason) => new(key, side[0].Series, kind, reason, side[0].Runs[0].Id);
    }

    /// <summary>Compares the samples of every pair.</summary>
    /// <param name="rows">Samples of <see cref="Runs"/>.</param>
    /// <param name="cache">Keeps what was computed: runs never change.</param>
    public ComparisonView Judge(IReadOnlyList<RunMetricRow> rows, IMemoryCache cache)
    {
        var byRun = rows.ToLookup(row => row.RunId, StringComparer.Ordinal);
        var metrics = rows.Select(row => row.Name).Where(name => !name.Contains('.', StringComparison.Ordinal)).Distinct().Order(StringComparer.Ordinal).ToList();
        var metric = metrics.Contains(_view.Filter.Metric ?? "") ? _view.Filter.Metric
            : new[] { Metric.Accuracy.Name, Metric.TimeMs.Name }.FirstOrDefault(metrics.Contains) ?? metrics.Except(NotHeadlines).FirstOrDefault() ?? metrics.FirstOrDefault();
        var sample = rows.FirstOrDefault(row => row.Name == metric);
        var better = sample?.Better ?? Better.Lower;
        var unpaired = new List<UnpairedCell>(_unpaired);
        var compared = new List<(Pair Pair, Side A, Side B, Comparison Comparison, bool Paired)>();
        foreach (var pair in _pairs)
        {
            var (a, b) = (Side.Of(pair.A, byRun, metric), Side.Of(pair.B, byRun, metric));
            if (a is null || b is null || a.Median <= 0 || b.Median <= 0)
            {
                var reason = a is null || b is null ? $"{(a is null ? "A" : "B")} has no number of this metric" : "a median of zero has no ratio";
                unpaired.Add(new UnpairedCell(pair.Key, pair.SeriesA, "notComparable", reason, pair.A[0].Id));
                continue;
            }

            var paired = a.IsSeeds && b.IsSeeds && a.Seeds.Count > 1 && a.Seeds.SequenceEqual(b.Seeds);
            var comparison = cache.GetOrCreate($"compare|{metric}|{a.Fingerprint}|{b.Fingerprint}", entry =>
            {
                entry.SlidingExpiration = TimeSpan.FromHours(6);
                var raw = Comparison.Of(a.Processes, b.Processes, Seed, better);
                return paired ? raw with { Ratio = RatioInterval.Paired(b.Processes, a.Processes, Seed) } : raw;
            })!;
            compared.Add((pair, a, b, comparison, paired));
        }

        var adjusted = MultipleTesting.Holm([.. compared.Select(one => one.Comparison.PValue)]);
        var (tolerance, raised) = Tolerance([.. compared.Where(one => one.Pair.IsSameCode).Select(one => Math.Abs(one.Comparison.Ratio.Value - 1))]);
        var pairs = compared.Select((one, index) => new ComparedPair
        {
            Cell = one.Pair.Key,
            SeriesA = one.Pair.SeriesA,
            SeriesB = one.Pair.SeriesB,
            Pattern = one.Pair.Pattern,
            Length = one.Pair.Length,
            MedianA = one.A.Median,
            MedianB = one.B.Median,
            CountA = one.A.Count,
            CountB = one.B.Count,
            RunA = one.Pair.A[0].Id,
            RunB = one.Pair.B[0].Id,
            Ratio = one.Comparison.Ratio.Value,
            Low = one.Comparison.Ratio.Lower,
            High = one.Comparison.Ratio.Upper,
            IsPaired = one.Paired,
            IsOfUndisturbed = one.Comparison.IsOfUndisturbed,
            Effect = one.Comparison.Effect,
            PValue = one.Comparison.PValue,
            AdjustedP = adjusted[index],
            Verdict = one.Comparison.Judge(adjusted[index], tolerance, better),
            IsSameCode = one.Pair.IsSameCode,
        });
        return _view with
        {
            Filter = _view.Filter with { Metric = metric },
            Metrics = metrics,
            Better = better,
            Unit = sample?.Unit ?? "",
            Tolerance = tolerance,
            IsRaised = raised,
            Pairs = [.. pairs.OrderBy(pair => pair.Verdict is Verdict.Better or Verdict.Worse ? 0 : 1).ThenByDescending(pair => pair.Weight).ThenBy(pair => pair.Cell, StringComparer.Ordinal)],
            Unpaired = [.. unpaired.OrderBy(cell => cell.Kind, StringComparer.Ordinal).ThenBy(cell => cell.Cell, StringComparer.Ordinal)],
            Mean = compared.Count == 0 ? null : GeometricMean.WithInterval([.. compared.Select(one => one.Comparison.Ratio.Value)], Seed),
        };
    }

    /// <summary>The reader's floor, or what 95 % of the pairs of the same code stay below: that much is noise.</summary>
    private (double Tolerance, bool IsRaised) Tolerance(IReadOnlyList<double> sameCode)
    {
        var noise = sameCode.Count >= LeastSameCode ? Quantiles.Of(sameCode, 0.95) : 0;
        return noise > _view.Filter.Floor ? (noise, true) : (_view.Filter.Floor, false);
    }

    private static Dictionary<string, List<SideCell>> Group(IReadOnlyList<SideRun> runs, IReadOnlyDictionary<int, CellRow> cells, string? task, FreeParts free) =>
        runs.Where(run => cells[run.CellId].Task == task)
            .GroupBy(run => (run.CellId, run.Key))
            .Select(group => new SideCell(cells[group.Key.CellId], group.Key.Key, [.. group.GroupBy(run => run.Seed).OrderBy(seed => seed.Key).Select(seed => seed.MaxBy(run => run.Id, StringComparer.Ordinal)!)]))
            .GroupBy(cell => free.KeyOf(cell.Cell), StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => group.OrderByDescending(cell => cell.Runs.Max(run => run.Id), StringComparer.Ordinal).ToList(), StringComparer.Ordinal);

    /// <summary>Finds what may be compared of the two sides in one cell, in one kind of environment unless both sides name theirs.</summary>
    private static void Meet(
        string key, List<SideCell> ours, List<SideCell> theirs, bool across, List<Pair> pairs, List<UnpairedCell> unpaired, IReadOnlyDictionary<string, RunEnvironment> environments)
    {
        var meetings = (from a in ours from b in theirs where across || a.Key == b.Key select (a, b)).ToList();
        if (meetings.Count == 0)
        {
            var differing = RunEnvironment.ComparabilityFacts
                .Where(name => Fact(environments, ours[0].Runs[0], name) != Fact(environments, theirs[0].Runs[0], name)).ToList();
            unpaired.Add(new UnpairedCell(
                key, ours[0].Series, "notComparable", $"no environment has both: {(differing.Count == 0 ? "the comparability keys" : string.Join(", ", differing))} differ", ours[0].Runs[0].Id));
            return;
        }

        if (meetings.FindIndex(meeting => meeting.a.Succeeded.Count > 0 && meeting.b.Succeeded.Count > 0) is var first and >= 0)
        {
            var (a, b) = meetings[first];
            if (a.Succeeded.Select(run => run.Id).SequenceEqual(b.Succeeded.Select(run => run.Id)))
            {
                unpaired.Add(new UnpairedCell(key, a.Series, "notComparable", "both sides have the same run", a.Runs[0].Id));
                return;
            }

            pairs.Add(new Pair(key, a.Series, b.Series, a.Cell.Pattern, a.Cell.Length, a.Succeeded, b.Succeeded,
                a.Series == b.Series && a.Runs[0].BuildHash.Length > 0 && a.Runs[0].BuildHash == b.Runs[0].BuildHash));
            return;
        }

        var (failedA, failedB) = meetings[0];
        var reasons = new[] { ("A", failedA), ("B", failedB) }.Where(side => side.Item2.Succeeded.Count == 0)
            .Select(side => $"{side.Item1} has no number: {side.Item2.Runs[0].FailureClass?.Glyph ?? "ERR"}, {side.Item2.Runs[0].FailureMessage}");
        var failed = failedA.Succeeded.Count == 0 ? failedA : failedB;
        unpaired.Add(new UnpairedCell(key, failed.Series, "notComparable", string.Join("; ", reasons), failed.Runs[0].Id));
    }

    private static List<FactDifference> Differences(List<Pair> pairs, IReadOnlyDictionary<string, RunEnvironment> environments)
    {
        List<RunEnvironment> Of(Func<Pair, IReadOnlyList<SideRun>> side) =>
            [.. pairs.SelectMany(side).Select(run => run.EnvironmentHash).Distinct().Where(environments.ContainsKey).Select(hash => environments[hash])];
        var (ours, theirs) = (Of(pair => pair.A), Of(pair => pair.B));
        return [.. ours.Concat(theirs).SelectMany(facts => facts.Keys).Distinct().Order(StringComparer.Ordinal)
            .Select(name => new FactDifference(name, Values(ours, name), Values(theirs, name), RunEnvironment.ComparabilityFacts.Contains(name)))
            .Where(fact => fact.A != fact.B)
            .OrderByDescending(fact => fact.IsKey)];

        static string Values(List<RunEnvironment> side, string name)
        {
            var values = side.Select(facts => facts.GetValueOrDefault(name, "–")).Distinct().Order(StringComparer.Ordinal).ToList();
            return values.Count > 3 ? $"{string.Join(", ", values.Take(3))} and {values.Count - 3} more" : string.Join(", ", values);
        }
    }

    private static string Fact(IReadOnlyDictionary<string, RunEnvironment> environments, SideRun run, string name) =>
        environments.TryGetValue(run.EnvironmentHash, out var facts) ? facts.GetValueOrDefault(name, "") : "";

    /// <summary>Which parts of a cell the sides choose themselves, so that they may differ within a pair.</summary>
    private readonly record struct FreeParts(bool Implementation, bool Dtype)
    {
        public string KeyOf(CellRow cell) => string.Join(' ', new[]
        {
            Implementation ? "" : SeriesName.Of(cell), cell.Pattern.Name, $"B{cell.Batch} H{cell.Heads} D{cell.HeadSize} N{cell.Length}",
            cell.SourceLength is { } source ? $"M{source}" : "", Dtype ? "" : cell.Dtype, cell.Device,
            string.Join(' ', cell.Parameters.Select(pair => $"{pair.Key}={pair.Value}")),
        }.Where(part => part.Length > 0));
    }

    private sealed record SideCell(CellRow Cell, string Key, IReadOnlyList<SideRun> Runs)
    {
        public string Series { get; } = SeriesName.Of(Cell);

        public IReadOnlyList<SideRun> Succeeded { get; } = [.. Runs.Where(run => run.Outcome == Outcome.Succeeded)];
    }

    private sealed record Pair(
        string Key, string SeriesA, string SeriesB, AttentionPattern Pattern, int Length, IReadOnlyList<SideRun> A, IReadOnlyList<SideRun> B, bool IsSameCode);

    /// <summary>Repetitions by process, or where every seed brought one number, the numbers of the seeds.</summary>
    private sealed record Side(IReadOnlyList<IReadOnlyList<double>> Processes, IReadOnlyList<int> Seeds, bool IsSeeds, string Fingerprint)
    {
        public int Count { get; } = Processes.Sum(process => process.Count);

        public double Median { get; } = Quantiles.Of([.. Processes.SelectMany(process => process)], 0.5);

        public static Side? Of(IReadOnlyList<SideRun> runs, ILookup<string, RunMetricRow> metrics, string? metric)
        {
            var rows = runs.Select(run => (run.Seed, Row: metrics[run.Id].FirstOrDefault(row => row.Name == metric))).Where(one => one.Row is { Samples.Length: > 0 }).ToList();
            if (rows.Count == 0)
            {
                return null;
            }

            var seeds = rows.ConvertAll(one => one.Seed);
            var print = string.Join('+', rows.Select(one => one.Row!.RunId));
            return rows.TrueForAll(one => one.Row!.Samples.Length == 1)
                ? new Side([[.. rows.Select(one => one.Row!.Samples[0])]], seeds, true, print)
                : new Side([.. rows.SelectMany(one => one.Row!.ByProcess())], seeds, false, print);
        }
    }
}
