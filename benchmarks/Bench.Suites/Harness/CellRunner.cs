using System.Diagnostics;
using Bench.Domain.Matrix;
using Bench.Domain.Results;
using Bench.Suites.Data;

namespace Bench.Suites.Harness;

/// <summary>Everything a run of a cell brought home, ready to be submitted.</summary>
public sealed record CellOutcome
{
    /// <summary>Why there is no number, or null.</summary>
    public Failure? Failure { get; init; }

    /// <summary>All parts' results as one.</summary>
    public required PartResult Result { get; init; }

    /// <summary>Last lines of all child processes.</summary>
    public required IReadOnlyList<string> Log { get; init; }
}

/// <summary>Runs the parts of a cell one after another and puts their results together.</summary>
/// <param name="command">How to start a child.</param>
/// <param name="machine">Facts of the machine.</param>
/// <param name="checkpoints">Folder where long parts keep their state, so that they go on after a kill; null for none.</param>
public sealed class CellRunner(ChildCommand command, RunEnvironment machine, string? checkpoints = null)
{
    // What one process learns of the core, the next ones know.
    private readonly CoreProbe _core = new();

    /// <summary>Runs a cell; a failing part ends it.</summary>
    /// <param name="cell">What to run.</param>
    /// <param name="seed">Seed of inputs, weights and data order.</param>
    /// <param name="budget">How much effort to spend.</param>
    /// <param name="report">Receives progress over the whole cell.</param>
    /// <param name="cancellation">Ends the running part at once.</param>
    public async Task<CellOutcome> RunAsync(Cell cell, int seed, Budget budget, Action<PartProgress> report, CancellationToken cancellation)
    {
        if (!TaskCatalogue.Contains(cell.Task))
        {
            return Refuse(FailureClass.InvalidJob, $"This agent has no task '{cell.Task}'.", "Update the agent, or take the task out of the suite.");
        }

        var task = TaskCatalogue.Get(cell.Task);
        try
        {
            await new DataPreparation(line => report(new PartProgress("setup", 0, line))).PrepareMissingAsync(task.DataPackages(cell), cancellation);
        }
        catch (IOException mistake)
        {
            return Refuse(FailureClass.Infrastructure, mistake.Message, $"Prepare the data on the agent's machine: bench data prepare {string.Join(' ', task.DataPackages(cell))}");
        }

        if (task.WhyNot(cell) is { } reason)
        {
            return Refuse(FailureClass.Unsupported, reason, "No action needed.");
        }

        var parts = task.Parts(cell, budget);
        var results = new List<PartResult>();
        var log = new List<string>();
        for (var i = 0; i < parts.Count; i++)
        {
            var clock = Stopwatch.StartNew();
            var number = i;
            var outcome = await ChildProcess.RunAsync(
                command,
                new ChildRequest { Cell = cell, Part = parts[i], Seed = seed, Budget = budget, Checkpoints = checkpoints, QuietCore = _core.Quiet },
                progress => report(progress with { Share = (number + progress.Share) / parts.Count }),
                cancellation);
            log.AddRange(outcome.Log);
            if (outcome.Result is not { } result)
            {
                return new CellOutcome { Failure = outcome.Failure, Result = Merge(results), Log = log };
            }

            // What no phase claims is the price of a process: start, libraries, exit.
            result.PhaseSeconds["process"] = Math.Max(0, clock.Elapsed.TotalSeconds - result.PhaseSeconds.Values.Sum());
            results.Add(result);
            if (result.Facts.TryGetValue(CoreProbe.Fact, out var quiet))
            {
                _core.Learn(quiet);
            }
        }

        return new CellOutcome { Result = Merge(results), Log = log };
    }

    private CellOutcome Refuse(FailureClass kind, string message, string remedy) =>
        new() { Failure = new Failure(kind, message, remedy), Result = Merge([]), Log = [] };

    private PartResult Merge(List<PartResult> results)
    {
        var environment = new RunEnvironment(machine);
        foreach (var (name, value) in results.SelectMany(result => result.Environment))
        {
            environment[name] = value;
        }

        return new PartResult
        {
            Metrics = [.. results.SelectMany(result => result.Metrics).GroupBy(metric => metric.Name).Select(Pool)],
            LearningCurve = [.. results.SelectMany(result => result.LearningCurve)],
            Facts = new(results.SelectMany(result => result.Facts).GroupBy(fact => fact.Key)
                .ToDictionary(fact => fact.Key, fact => fact.Average(pair => pair.Value)), StringComparer.Ordinal),
            Correctness = results.Select(result => result.Correctness).Where(report => report is not null)
                .OrderByDescending(report => report!.MaxRelError).FirstOrDefault(),
            Environment = environment,
            PhaseSeconds = new(results.SelectMany(result => result.PhaseSeconds).GroupBy(phase => phase.Key)
                .ToDictionary(phase => phase.Key, phase => phase.Sum(pair => pair.Value)), StringComparer.Ordinal),
        };
    }

    private static MetricSamples Pool(IGrouping<string, MetricSamples> metric)
    {
        var parts = metric.ToList();
        // A size that every process must agree on is one fact, not several samples.
        return metric.Key == Metric.StateSizeBytes.Name || parts.Count == 1
            ? parts[0]
            : parts[0] with
            {
                Samples = [.. parts.SelectMany(part => part.Samples)],
                SamplesPerProcess = [.. parts.Select(part => part.Samples.Count)],
            };
    }
}
