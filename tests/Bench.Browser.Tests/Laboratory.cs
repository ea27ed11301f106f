using System.Globalization;
using Bench.Data;
using Bench.Data.Changes;
using Bench.Data.Rows;
using Bench.Data.Tests;
using Bench.Domain.Catalogue;
using Bench.Domain.Matrix;
using Bench.Domain.Protocol;
using Bench.Domain.Randomness;
using Bench.Domain.Results;

namespace Bench.Browser.Tests;

/// <summary>
/// Fills a database the way agents do: enrol, register, queue, claim, submit. Costs follow simple formulas with seeded noise, so that the
/// pages show every kind of thing: crossovers, out of memory, sparse repetitions, failed gates, several seeds, waiting and running work.
/// </summary>
internal sealed class Laboratory(TestDatabase database)
{
    private static readonly int[] Lengths = [256, 512, 1024, 2048, 4096, 8192];
    private static readonly (int Length, int Pairs)[] Difficulties = [(64, 4), (64, 8), (128, 16), (256, 32)];

    private static readonly Machine[] Machines =
    [
        new("softmax/sdpa", "Softmax attention", "softmax", AttentionPatterns.All, 0.030, 0, 7.0e-7, 0.99),
        new("softmax/naive", "Softmax attention", "softmax", AttentionPatterns.All, 0.040, 0, 2.1e-6, 0.99),
        new("linear-elu/chunked", "Linear attention (elu + 1)", "kernel", [AttentionPattern.NoncausalSelf, AttentionPattern.CausalSelf, AttentionPattern.NoncausalCross], 0.20, 1.10e-3, 0, 0.42),
        new("linear-elu/recurrent", "Linear attention (elu + 1)", "kernel", [AttentionPattern.CausalSelf], 0.30, 4.9e-3, 0, 0.42),
        new("local/banded", "Sliding-window attention", "sparse", [AttentionPattern.NoncausalSelf, AttentionPattern.CausalSelf], 0.12, 1.7e-3, 0, 0.55),
        new("abc/reference", "Attention with bounded-memory control", "low-rank", AttentionPatterns.All, 0.18, 1.35e-3, 0, 0.64),
        new("gla/chunked", "Gated linear attention", "recurrent", [AttentionPattern.CausalSelf], 0.25, 2.0e-3, 0, 0.83),
        new("delta-rule/chunked", "Delta rule", "recurrent", [AttentionPattern.CausalSelf], 0.35, 2.9e-3, 0, 0.97),
        new("gated-delta-rule/chunked-triangular-solve", "Gated delta rule", "recurrent", [AttentionPattern.CausalSelf], 0.45, 3.4e-3, 0, 0.98),
    ];

    private int _results;

    /// <summary>Fills the database.</summary>
    public async Task FillAsync()
    {
        var agent = await database.AgentAsync("bench-01", Registration("Example CPU with AVX-512, 16 cores"));
        await database.AgentAsync("a-rather-long-name-of-an-agent-in-the-lab", Registration("Example CPU with AVX-512, 64 cores"));
        await PushAsync("full", "Every mechanism at every length", [.. Efficiency(), .. Recall()]);
        database.Clock.Advance(TimeSpan.FromMinutes(3));
        while (await database.QueueAsync(queue => queue.ClaimAsync(agent)) is { } assignment)
        {
            database.Clock.Advance(TimeSpan.FromSeconds(2));
            await database.ResultsAsync(results => results.StoreAsync(assignment.AttemptId, agent.Id, Result(assignment)));
        }

        await RerunAsync(agent);
        await SearchAsync();
        await PushAsync("waiting", "What comes next", [.. Lengths.Select(length => new PlannedCell { Cell = Cost("efficiency/decode", Machines[0], AttentionPattern.CausalSelf, length), EstimatedSeconds = 12 })]);
        var running = (await database.QueueAsync(queue => queue.ClaimAsync(agent)))!;
        await database.QueueAsync(queue => queue.RenewAsync(running.AttemptId, agent.Id, new Heartbeat { LeaseToken = running.LeaseToken, Phase = "measure", Progress = 0.4, Message = "median 0.21 ms" }));
    }

    /// <summary>Fourteen nights of one cell; from the tenth on another commit, which is slower.</summary>
    private async Task RerunAsync(AgentRow agent)
    {
        var cell = Cost("efficiency/decode", Machines[4], AttentionPattern.CausalSelf, 1024);
        await database.SuitesAsync(async suites =>
        {
            await suites.PutAsync(new SuitePlan { Name = "nightly", Title = "Every night", ContentHash = new string('b', 64), Cells = [new PlannedCell { Cell = cell }] });
            return true;
        });
        for (var night = 1; night <= 14; night++)
        {
            database.Clock.Advance(TimeSpan.FromDays(1));
            await database.SuitesAsync(suites => suites.EnqueueAsync(new EnqueueRequest("nightly", SkipFinished: false, "nightly"), null));
            var assignment = (await database.QueueAsync(queue => queue.ClaimAsync(agent)))!;
            var result = Result(assignment);
            var slower = night >= 10;
            result.Environment["git.commit"] = slower ? "fedcba9876543210" : "0123456789abcdef";
            var times = result.Metrics[0].Samples.Select(value => value * (slower ? 1.12 : 1)).ToArray();
            result = result with { Metrics = [MetricSamples.Of(Metric.TimeMs, times), .. result.Metrics.Skip(1)] };
            await database.ResultsAsync(results => results.StoreAsync(assignment.AttemptId, agent.Id, result));
        }
    }

    /// <summary>What the nightly search leaves behind.</summary>
    private async Task SearchAsync()
    {
        await using var db = database.Open();
        var began = database.Clock.Now();
        var result = await new ChangeSearch(db, database.Clock).RunAsync(null);
        db.ScheduleFires.Add(new ScheduleFireRow
        {
            Id = BenchId.New("fir", database.Clock),
            Schedule = "ChangeSearch",
            DueAt = began,
            StartedAt = began,
            EndedAt = began,
            Outcome = FireOutcome.Succeeded,
            Message = $"{result.Histories} histories judged, {result.Found} new change, {result.Withdrawn} withdrawn.",
        });
        await db.SaveChangesAsync();
    }

    private async Task PushAsync(string name, string title, IReadOnlyList<PlannedCell> cells) => await database.SuitesAsync(async suites =>
    {
        await suites.PutAsync(new SuitePlan { Name = name, Title = title, ContentHash = new string('a', 64), Cells = cells });
        return await suites.EnqueueAsync(new EnqueueRequest(name, Reason: "nightly"), null);
    });

    private static IEnumerable<PlannedCell> Efficiency() =>
        from machine in Machines
        from pattern in machine.Patterns
        from length in Lengths
        select new PlannedCell { Cell = Cost("efficiency/forward", machine, pattern, length), EstimatedSeconds = 4 };

    /// <summary>Difficulties at one width, a dial, other widths, longer test rows, and another pattern.</summary>
    private static IEnumerable<PlannedCell> Recall() => Mqar()
        .Concat(
            from window in new[] { "4", "64" }
            from planned in Mqar()
            where planned.Cell.Mechanism == "local"
            select planned with { Cell = planned.Cell with { Options = new(StringComparer.Ordinal) { ["window"] = window } } })
        .Concat(
            from width in new[] { 16, 32 }
            from planned in Mqar()
            where planned.Cell.Mechanism is "softmax" or "linear-elu" or "delta-rule"
            select planned with { Cell = planned.Cell with { HeadSize = width } })
        .Concat(
            from planned in Mqar()
            where planned.Cell is { Mechanism: "softmax" or "linear-elu", Length: 64 }
            select planned with { Cell = planned.Cell with { Pattern = AttentionPattern.NoncausalSelf } });

    private static IEnumerable<PlannedCell> Mqar() =>
        from machine in Machines
        where machine.Id is not ("softmax/naive" or "linear-elu/recurrent")
        from difficulty in Difficulties
        from seed in Enumerable.Range(1, 3)
        select new PlannedCell
        {
            Cell = new Cell
            {
                Task = "recall/mqar",
                Implementation = machine.Id,
                Pattern = AttentionPattern.CausalSelf,
                Batch = 64,
                Heads = 1,
                HeadSize = 64,
                Length = difficulty.Length,
                Parameters = new(StringComparer.Ordinal) { ["pairs"] = difficulty.Pairs.ToString(CultureInfo.InvariantCulture) },
            },
            Seed = seed,
            EstimatedSeconds = 40,
        };

    private static Cell Cost(string task, Machine machine, AttentionPattern pattern, int length) =>
        new() { Task = task, Implementation = machine.Id, Pattern = pattern, Length = length };

    private ResultSubmission Result(Assignment assignment)
    {
        var cell = assignment.Cell;
        var machine = Machines.Single(one => one.Id == cell.Implementation);
        var random = new CounterRandom(17, ++_results);
        var at = database.Clock.GetUtcNow();
        var result = new ResultSubmission
        {
            ResultId = BenchId.New("res", at),
            LeaseToken = assignment.LeaseToken,
            Outcome = Outcome.Succeeded,
            Environment = Facts("Example CPU with AVX-512, 16 cores"),
            PhaseSeconds = new(StringComparer.Ordinal) { ["setup"] = 0.2, ["check"] = 0.1, ["warm-up"] = 0.3, ["measure"] = 1.1 },
            StartedAt = at.AddSeconds(-2),
            FinishedAt = at,
            LogTail = "child 1: warm-up done after 5 passes\nchild 1: 24 samples, relative error 0.008",
        };
        if (cell.Task.StartsWith("recall/", StringComparison.Ordinal))
        {
            return Trained(result, cell, machine, random);
        }

        // softmax/naive keeps all scores: it does not fit at the last length.
        if (machine.Id == "softmax/naive" && cell.Length > 4096)
        {
            return Failed(result, FailureClass.OutOfMemory, "Out of memory at length 8192 (needed about 4 GiB, the device has 2 GiB).", "No action needed.");
        }

        return machine.Id == "abc/reference" && cell.Pattern == AttentionPattern.CausalCross && cell.Length == 512
            ? Failed(result, FailureClass.Incorrect, "The outputs differ from the double-precision reference by 0.3 (relative); allowed is 0.0001.", "Run './bench verify abc/reference'.")
            : Measured(result, cell, machine, random);
    }

    private static ResultSubmission Failed(ResultSubmission result, FailureClass failure, string message, string remedy) =>
        result with { Outcome = Outcome.Failed, Failure = new Failure(failure, message, remedy) };

    private static ResultSubmission Measured(ResultSubmission result, Cell cell, Machine machine, CounterRandom random)
    {
        double n = cell.Length, scale = cell.Pattern.IsCausal ? 1 : 0.85;
        var milliseconds = scale * (machine.Fixed + machine.Linear * n + machine.Quadratic * n * n);
        var count = machine.Id == "linear-elu/recurrent" && cell.Length == 8192 ? 3 : 24;
        var samples = Enumerable.Range(0, count).Select(_ => milliseconds * (1 + 0.05 * random.NextDouble() + (random.NextDouble() > 0.95 ? 0.3 : 0))).ToArray();
        var bytes = machine.Quadratic > 1e-6 ? 4 * 8 * n * n * 2 : 4 * 8 * 64 * n * (machine.Quadratic > 0 ? 1 : 2.5) + 300_000;
        return result with
        {
            Metrics = [MetricSamples.Of(Metric.TimeMs, samples), MetricSamples.Of(Metric.PeakMemoryBytes, bytes, bytes, bytes)],
            Facts = new(StringComparer.Ordinal)
            {
                ["usefulFlops"] = machine.Quadratic > 0 ? 4 * 8 * 64 * n * n : 4 * 8 * 64 * n * 300,
                ["leastBytes"] = 4 * 4 * 8 * 64 * n,
                ["peakFlopsPerSecond"] = 1e11,
                ["peakBytesPerSecond"] = 1e10,
            },
            Correctness = new CorrectnessReport { Checked = true, Compared = cell.Length * 512L, MaxAbsError = 2.1e-7, MaxRelError = 8.3e-7, Tolerance = 1e-4 },
        };
    }

    private static ResultSubmission Trained(ResultSubmission result, Cell cell, Machine machine, CounterRandom random)
    {
        var pairs = int.Parse(cell.Parameters["pairs"], CultureInfo.InvariantCulture);
        var accuracy = Math.Clamp(machine.Recall - (1 - machine.Recall) * Math.Log2(pairs / 4.0) * 0.35 + 0.01 * random.NextDouble(), 0.02, 1);
        var state = machine.Id.StartsWith("softmax", StringComparison.Ordinal) ? 2.0 * cell.Length * 64 * 4 : machine.Family == "sparse" ? 2.0 * 16 * 64 * 4 : 64.0 * 64 * 4 * (1 + machine.Recall);
        accuracy *= Math.Pow(cell.HeadSize / 64.0, 0.2);
        if (cell.Options.TryGetValue("window", out var window))
        {
            var share = double.Parse(window, CultureInfo.InvariantCulture) / 16;
            (accuracy, state) = (Math.Min(1, accuracy * Math.Pow(share, 0.2)), state * share);
        }

        var layer = 2;
        return result with
        {
            Metrics =
            [
                MetricSamples.Of(Metric.Accuracy, accuracy), MetricSamples.Of(Metric.TestLoss, 4 * (1 - accuracy)),
                MetricSamples.Of(Metric.TrainStepsPerSecond, 60 + (60 * machine.Recall * random.NextDouble())), MetricSamples.Of(Metric.StateSizeBytes, state),
                .. new[] { 1, 2, 4, 8, 16 }.Where(_ => cell.Length == 64 && pairs == 4)
                    .Select(times => MetricSamples.Of(Metric.AccuracyAt($"n{times * 64}"), accuracy * Math.Pow(times, -0.3 * (1.1 - machine.Recall)))),
            ],
            LearningCurve = [.. Enumerable.Range(1, 16).Select(epoch => new CurvePoint(epoch * 157, "accuracy", accuracy / (1 + Math.Exp(-(epoch - 7.0 - 3 * random.NextDouble()) / 1.2))))],
            Facts = machine.Family == "recurrent"
                ? new(StringComparer.Ordinal) { ["parameters"] = 1_100_000, ["learningRate"] = 0.00316 }
                : new(StringComparer.Ordinal)
                {
                    ["parameters"] = 1_100_000,
                    ["learningRate"] = 0.00316,
                    [AttentionDiagnostic.Entropy.Key(layer)] = 3 * (1.05 - machine.Recall),
                    [AttentionDiagnostic.SinkMass.Key(layer)] = 0.2 * random.NextDouble(),
                    [AttentionDiagnostic.SinkValueNorm.Key(layer)] = 0.9 + (0.2 * random.NextDouble()),
                    [AttentionDiagnostic.DormantHeads.Key(layer)] = 0,
                    [AttentionDiagnostic.Span.Key(layer)] = 20 + (10 * random.NextDouble()),
                    [AttentionDiagnostic.Injectivity.Key(layer)] = machine.Recall,
                },
        };
    }

    private static AgentRegistration Registration(string model) => new()
    {
        Version = "0.1.0",
        Capabilities = new AgentCapabilities { Device = "cpu", DeviceClass = "cpu-avx512", MemoryBytes = 24L << 30, Dtypes = ["float32", "bfloat16"] },
        Environment = Facts(model),
        Catalogue = new CatalogueDocument
        {
            Implementations = [.. Machines.Select(machine => new ImplementationEntry
            {
                Id = machine.Id, Title = machine.Title, Family = machine.Family, Patterns = machine.Patterns, Paper = "arXiv:1706.03762",
                Time = machine.Quadratic > 0 ? "O(N·M·D)" : "O(N·D²)", Memory = machine.Quadratic > 1e-6 ? "O(N·M)" : "O(N·D)",
                StateSize = machine.Quadratic > 0 ? "2·N·H·D" : "H·D·D", IsReference = machine.Id.EndsWith("naive", StringComparison.Ordinal) || machine.Id.EndsWith("reference", StringComparison.Ordinal),
                Options = machine.Family == "sparse" ? new(StringComparer.Ordinal) { ["window"] = "16" } : new(StringComparer.Ordinal),
            })],
            Tasks =
            [
                new TaskEntry { Id = "efficiency/forward", Title = "Forward pass", Description = "Time and memory of one forward pass.", Metrics = [Metric.TimeMs, Metric.PeakMemoryBytes] },
                new TaskEntry { Id = "efficiency/decode", Title = "Decode step", Description = "Time of one token with the state of all earlier ones.", Metrics = [Metric.TimeMs, Metric.StateSizeBytes] },
                new TaskEntry { Id = "recall/mqar", Title = "Multi-query associative recall", Description = "Key–value pairs first, then some of the keys again: does the model give their values?", Metrics = [Metric.Accuracy, Metric.TestLoss, Metric.StateSizeBytes], Paper = "arXiv:2312.04927", RandomGuess = 1.0 / 8192 },
            ],
        },
    };

    private static RunEnvironment Facts(string model) => new(new Dictionary<string, string>
    {
        ["device.class"] = "cpu-avx512",
        ["device.model"] = model,
        ["build.hash"] = "b1",
        ["git.commit"] = "0123456789abcdef",
        ["torch.version"] = "2.10.0",
        ["os.name"] = "Debian GNU/Linux 12",
        ["threads.torch"] = "1",
        ["allocator"] = "retaining",
        ["protocol"] = "measured/1",
        ["runtime.version"] = "10.0.12",
    });

    private sealed record Machine(
        string Id, string Title, string Family, IReadOnlyList<AttentionPattern> Patterns, double Fixed, double Linear, double Quadratic, double Recall);
}
