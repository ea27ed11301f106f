using Bench.Attention;
using Bench.Domain.Catalogue;
using Bench.Domain.Matrix;

namespace Bench.Suites.Harness;

/// <summary>
/// A kind of work on a cell: data, a model around the attention, and metrics. One class a task; found by scan. A task runs in child
/// processes only, so it may use all memory, crash or never return without harm to the agent.
/// </summary>
public abstract class BenchTask
{
    /// <summary>Id, names and metrics as the site shows them.</summary>
    public abstract TaskEntry Entry { get; }

    /// <summary>Parameters a suite may set, with their defaults as text.</summary>
    public virtual IReadOnlyDictionary<string, string> Parameters { get; } = new Dictionary<string, string>();

    /// <summary>Why the cell cannot run, such as a pattern that the implementation does not support; null when it can.</summary>
    public virtual string? WhyNot(Cell cell) => null;

    /// <summary>Ids of the data packages that the cell needs on the machine that runs it; see <see cref="Data.DataPackage"/>.</summary>
    public virtual IReadOnlyList<string> DataPackages(Cell cell) => [];

    /// <summary>Why the catalogue cannot serve the cell: an unknown implementation, or a pattern that it does not support; null when it can.</summary>
    protected static string? WhyNotInCatalogue(Cell cell)
    {
        if (!AttentionCatalogue.Contains(cell.Implementation))
        {
            return $"There is no implementation '{cell.Implementation}' in this build.";
        }

        var entry = AttentionCatalogue.Get(cell.Implementation);
        return entry.Supports(cell.Pattern)
            ? null
            : $"'{cell.Implementation}' does not support {cell.Pattern.Name}; it supports {string.Join(", ", entry.AllPatterns.Select(p => p.Name))}.";
    }

    /// <summary>Rough duration in seconds with this budget, for limits and progress; generous rather than exact.</summary>
    public abstract double EstimateSeconds(Cell cell, Budget budget);

    /// <summary>The child processes that make up a run of the cell, in order.</summary>
    public abstract IReadOnlyList<CellPart> Parts(Cell cell, Budget budget);

    /// <summary>Does one part. Runs inside the child process.</summary>
    /// <exception cref="CellFailedException">There is no number, for a reason that is itself a result.</exception>
    public abstract PartResult Run(CellPart part, CellContext context);
}

/// <summary>One child process of a run.</summary>
/// <param name="Name">What it does, such as <c>time-0</c>, <c>memory</c> or <c>train</c>.</param>
/// <param name="Allocator">Which memory allocator the process must have; it changes eager results by a factor of 2.7.</param>
/// <param name="CompilesOnce">Whether the process compiles everything with full optimisation at its first call: that starts slower, but no compiler
/// works beside the clock later.</param>
public sealed record CellPart(string Name, AllocatorKind Allocator, bool CompilesOnce = false);

/// <summary>What a part may use.</summary>
/// <param name="Cell">What to run.</param>
/// <param name="Seed">Seed of inputs, weights and data order.</param>
/// <param name="Budget">How much effort to spend.</param>
/// <param name="Report">Tells the agent the phase and the share done.</param>
public sealed record CellContext(Cell Cell, int Seed, Budget Budget, Action<PartProgress> Report)
{
    /// <summary>Folder where a long part keeps its state for the case that its process is killed; null for none.</summary>
    public string? Checkpoints { get; init; }

    /// <summary>Ratio of the quiet core as processes before found it; null for none. See <see cref="CoreProbe"/>.</summary>
    public double? QuietCore { get; init; }
}

/// <summary>Where a part stands.</summary>
/// <param name="Phase">setup, check, warm-up, measure, train or evaluate.</param>
/// <param name="Share">From 0 to 1.</param>
/// <param name="Message">One line for people, or null.</param>
public sealed record PartProgress(string Phase, double Share, string? Message = null);
