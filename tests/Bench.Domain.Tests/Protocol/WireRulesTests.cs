using Bench.Domain.Catalogue;
using Bench.Domain.Matrix;
using Bench.Domain.Protocol;
using Bench.Domain.Results;

namespace Bench.Domain.Tests.Protocol;

public sealed class WireRulesTests
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    /// <summary>Each broken rule with the place that it must be reported at.</summary>
    public static TheoryData<string, ResultSubmission> BrokenResults => new()
    {
        { "/resultId", Result() with { ResultId = "res_1" } },
        { "/leaseToken", Result() with { LeaseToken = "" } },
        { "/metrics", Result() with { Metrics = [] } },
        { "/metrics", Result() with { Metrics = [Time(1), Time(2)] } },
        { "/metrics/0/samples", Result() with { Metrics = [Time()] } },
        { "/metrics/0/samples", Result() with { Metrics = [Time(1, double.NaN)] } },
        { "/metrics/0/samples", Result() with { Metrics = [Time(1, 0)] } },
        { "/metrics/0/samples", Result() with { Metrics = [Time([.. Enumerable.Repeat(1.0, WireRules.MaxSamples + 1)])] } },
        { "/metrics/0/samplesPerProcess", Result() with { Metrics = [Time(1, 2) with { SamplesPerProcess = [1] }] } },
        { "/metrics/0/name", Result() with { Metrics = [Time(1) with { Name = "time ms" }] } },
        { "/metrics/0", Result() with { Metrics = [null!] } },
        { "/failure", Result() with { Failure = new Failure(FailureClass.Crashed, "It ended.", "Look.") } },
        { "/failure", Result() with { Outcome = Outcome.Failed } },
        { "/failure/message", Result() with { Outcome = Outcome.Failed, Failure = new Failure(FailureClass.Crashed, "", "Look.") } },
        { "/correctness", Result() with { Correctness = new CorrectnessReport { Checked = true, MaxAbsError = double.PositiveInfinity } } },
        { "/correctness/nonFinite", Result() with { Correctness = new CorrectnessReport { Checked = true, NonFinite = 1 } } },
        { "/learningCurve/0", Result() with { LearningCurve = [new CurvePoint(1, "accuracy", double.NaN)] } },
        { "/facts/a b", Result() with { Facts = new SortedDictionary<string, double> { ["a b"] = 1 } } },
        { "/facts/x", Result() with { Facts = new SortedDictionary<string, double> { ["x"] = double.NegativeInfinity } } },
        { "/environment/cpu~1model", Result() with { Environment = new RunEnvironment { ["cpu/model"] = "a\0b" } } },
        { "/finishedAt", Result() with { FinishedAt = Noon.AddSeconds(-1) } },
        { "/startedAt", Result() with { StartedAt = DateTimeOffset.UnixEpoch } },
        { "/logTail", Result() with { LogTail = new string('x', WireRules.MaxLogCharacters + 1) } },
        { "/logTail", Result() with { LogTail = "half a pair \ud800" } },
    };

    [Fact]
    public void Right_result_breaks_no_rule() => Assert.Empty(WireRules.Check(Result()));

    [Theory, MemberData(nameof(BrokenResults))]
    public void Broken_rule_is_reported_where_it_is_broken(string pointer, ResultSubmission result) =>
        Assert.Contains(WireRules.Check(result), mistake => mistake.Pointer == pointer);

    [Theory]
    [InlineData("quick", true)]
    [InlineData("quick-2", true)]
    [InlineData("Quick", false)]
    [InlineData("quick\n", false)]
    [InlineData("quick--2", false)]
    [InlineData("../quick", false)]
    [InlineData("", false)]
    public void Suite_name_is_kebab_case(string name, bool right) =>
        Assert.Equal(right, WireRules.Check(new EnqueueRequest(name)).Count == 0);

    [Theory]
    [InlineData(0, true)]
    [InlineData(30, true)]
    [InlineData(31, false)]
    [InlineData(-1, false)]
    public void Agent_waits_at_most_thirty_seconds(int seconds, bool right) =>
        Assert.Equal(right, WireRules.Check(new ClaimRequest { WaitSeconds = seconds }).Count == 0);

    [Fact]
    public void Plan_lists_all_its_mistakes_at_once()
    {
        var right = new Cell { Task = "efficiency/forward", Implementation = "softmax/naive", Pattern = AttentionPattern.CausalSelf, Length = 64 };
        var plan = new SuitePlan
        {
            Name = "quick",
            Title = "Quick",
            ContentHash = "00",
            Cells =
            [
                new PlannedCell { Cell = right },
                new PlannedCell { Cell = right with { Length = 0 } },
                new PlannedCell { Cell = right with { Implementation = "softmax" } },
                new PlannedCell { Cell = right, EstimatedSeconds = double.NaN },
            ],
        };

        Assert.Equal(
            ["/cells/1/cell", "/cells/2/cell/implementation", "/cells/3/estimatedSeconds"], WireRules.Check(plan).Select(mistake => mistake.Pointer));
    }

    [Fact]
    public void Catalogue_names_each_implementation_once()
    {
        var entry = new ImplementationEntry
        {
            Id = "softmax/naive",
            Title = "Softmax",
            Family = "softmax",
            Patterns = [],
            Paper = "arXiv:1706.03762",
            Time = "O(N²)",
            Memory = "O(N²)",
        };
        var registration = new AgentRegistration
        {
            Version = "1",
            Capabilities = new AgentCapabilities { Device = "cpu", DeviceClass = "cpu-avx2", MemoryBytes = 1, Dtypes = ["float32"] },
            Environment = [],
            Catalogue = new CatalogueDocument { Implementations = [entry, entry], Tasks = [] },
        };

        Assert.Equal(["/catalogue/implementations"], WireRules.Check(registration).Select(mistake => mistake.Pointer));
    }

    private static MetricSamples Time(params double[] samples) => MetricSamples.Of(Metric.TimeMs, samples);

    private static ResultSubmission Result() => new()
    {
        ResultId = BenchId.New("res", Noon),
        LeaseToken = "token",
        Outcome = Outcome.Succeeded,
        Metrics = [Time(1, 2, 3)],
        Environment = new RunEnvironment { ["device.class"] = "cpu-avx2" },
        StartedAt = Noon,
        FinishedAt = Noon,
    };
}
