using Bench.Domain.Catalogue;
using Bench.Domain.Matrix;
using Bench.Domain.Protocol;
using Bench.Domain.Results;

namespace Bench.Data.Tests;

/// <summary>Small valid messages to vary.</summary>
public static class Samples
{
    /// <summary>A cell of an efficiency task.</summary>
    public static Cell Cell(int length, string implementation = "softmax/naive") => new()
    {
        Task = "efficiency/forward",
        Implementation = implementation,
        Pattern = AttentionPattern.CausalSelf,
        Length = length,
    };

    /// <summary>A suite over the lengths.</summary>
    public static SuitePlan Plan(string name = "quick", params int[] lengths) =>
        PlanOf(name, [.. lengths.Select(length => Cell(length))]);

    /// <summary>A suite over the cells.</summary>
    public static SuitePlan PlanOf(string name, params Cell[] cells) => new()
    {
        Name = name,
        Title = "A small suite",
        ContentHash = new string('0', 64),
        Cells = [.. cells.Select(cell => new PlannedCell { Cell = cell })],
    };

    /// <summary>Facts of a small machine.</summary>
    public static RunEnvironment Environment(string build = "b1") => new(new Dictionary<string, string>
    {
        ["device.class"] = "cpu-avx2",
        ["device.model"] = "Test processor",
        ["build.hash"] = build,
    });

    /// <summary>An agent that can run everything in <see cref="Cell"/>.</summary>
    public static AgentRegistration Registration(string build = "b1", params string[] implementations) => new()
    {
        Version = "0.1.0",
        Capabilities = new AgentCapabilities { Device = "cpu", DeviceClass = "cpu-avx2", MemoryBytes = 1L << 34, Dtypes = ["float32"] },
        Environment = Environment(build),
        Catalogue = new CatalogueDocument
        {
            Implementations = [.. (implementations.Length > 0 ? implementations : ["softmax/naive", "softmax/fused", "linear/parallel"]).Select(Implementation)],
            Tasks =
            [
                Task("efficiency/forward", Metric.TimeMs, Metric.PeakMemoryBytes),
                Task("recall/mqar", Metric.Accuracy),
            ],
        },
    };

    /// <summary>A result with numbers.</summary>
    public static ResultSubmission Success(Assignment assignment, params double[] milliseconds) => new()
    {
        ResultId = BenchId.New("res", DateTimeOffset.UnixEpoch.AddYears(56)),
        LeaseToken = assignment.LeaseToken,
        Outcome = Outcome.Succeeded,
        Metrics = [MetricSamples.Of(Metric.TimeMs, milliseconds.Length > 0 ? milliseconds : [1.5, 1.25, 1.75])],
        Correctness = new CorrectnessReport { Checked = true, Compared = 10, Tolerance = 1e-4 },
        Environment = Environment(),
        StartedAt = new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero),
        FinishedAt = new DateTimeOffset(2026, 3, 1, 12, 0, 3, TimeSpan.Zero),
        LogTail = "done",
    };

    /// <summary>A result without numbers.</summary>
    public static ResultSubmission Failed(Assignment assignment, FailureClass failure) => Success(assignment) with
    {
        Outcome = Outcome.Failed,
        Failure = new Failure(failure, "It failed for a reason.", "No action needed."),
        Metrics = [],
        Correctness = null,
    };

    private static ImplementationEntry Implementation(string id) => new()
    {
        Id = id,
        Title = id,
        Family = "softmax",
        Patterns = [.. AttentionPatterns.All],
        Paper = "arXiv:1706.03762",
        Time = "O(N²·D)",
        Memory = "O(N²)",
    };

    private static TaskEntry Task(string id, params Metric[] metrics) =>
        new() { Id = id, Title = id, Description = "A task.", Metrics = metrics };
}
