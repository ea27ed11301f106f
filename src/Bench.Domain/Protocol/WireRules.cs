using System.Text.RegularExpressions;
using Bench.Domain.Catalogue;
using Bench.Domain.Matrix;
using Bench.Domain.Results;

namespace Bench.Domain.Protocol;

/// <summary>What a message must satisfy beyond its form. Both sides check with the same rules: the agent before it spools, the server before it stores.</summary>
public static partial class WireRules
{
    /// <summary>Most samples of one metric.</summary>
    public const int MaxSamples = 100_000;

    /// <summary>Most metrics of one result.</summary>
    public const int MaxMetrics = 64;

    /// <summary>Longest log tail in characters.</summary>
    public const int MaxLogCharacters = 64 * 1024;

    /// <summary>Most cells of one suite.</summary>
    public const int MaxCells = 50_000;

    private const int MaxText = 2_000;
    private const int MaxEntries = 500;

    /// <summary>Mistakes of an enrolment, each with a JSON pointer.</summary>
    public static IReadOnlyList<WireMistake> Check(EnrollmentRequest request)
    {
        var mistakes = new List<WireMistake>();
        Require(mistakes, request.Code.Length is > 0 and <= 200, "/code", "A code has between 1 and 200 characters.");
        Require(mistakes, KebabCase().IsMatch(request.Name) && request.Name.Length <= 64, "/name",
            "A name is kebab case: lower-case letters, digits and hyphens, at most 64 characters.");
        return mistakes;
    }

    /// <summary>Mistakes of a registration.</summary>
    public static IReadOnlyList<WireMistake> Check(AgentRegistration registration)
    {
        var mistakes = new List<WireMistake>();
        var capabilities = registration.Capabilities;
        Require(mistakes, registration.Version.Length is > 0 and <= 64, "/version", "A version has between 1 and 64 characters.");
        Require(mistakes, capabilities.Device is "cpu" or "cuda", "/capabilities/device", "A device is 'cpu' or 'cuda'.");
        Require(mistakes, IsName(capabilities.DeviceClass), "/capabilities/deviceClass", NameRule);
        Require(mistakes, capabilities.MemoryBytes >= 0, "/capabilities/memoryBytes", "Memory is not negative.");
        Require(mistakes, capabilities.SpoolDepth >= 0, "/capabilities/spoolDepth", "A spool depth is not negative.");
        Require(mistakes, capabilities.Dtypes.Count is > 0 and <= 16 && capabilities.Dtypes.All(IsName), "/capabilities/dtypes",
            "Between 1 and 16 element types, each a plain name.");
        CheckFacts(mistakes, registration.Environment, "/environment");
        Each(mistakes, registration.Catalogue.Implementations, "/catalogue/implementations", 5_000, (entry, at) =>
            Require(mistakes, ImplementationId().IsMatch(entry.Id), at + "/id", "An implementation id is 'mechanism/implementation' in kebab case."));
        Each(mistakes, registration.Catalogue.Tasks, "/catalogue/tasks", 1_000, (entry, at) =>
            Require(mistakes, ImplementationId().IsMatch(entry.Id), at + "/id", "A task id is 'suite/name' in kebab case."));
        Unique(mistakes, registration.Catalogue.Implementations.OfType<ImplementationEntry>().Select(entry => entry.Id), "/catalogue/implementations");
        Unique(mistakes, registration.Catalogue.Tasks.OfType<TaskEntry>().Select(entry => entry.Id), "/catalogue/tasks");
        return mistakes;
    }

    /// <summary>Mistakes of a suite.</summary>
    public static IReadOnlyList<WireMistake> Check(SuitePlan plan)
    {
        var mistakes = new List<WireMistake>();
        Require(mistakes, KebabCase().IsMatch(plan.Name) && plan.Name.Length <= 64, "/name", "A suite's name is kebab case, at most 64 characters.");
        Require(mistakes, IsText(plan.Title), "/title", TextRule);
        Require(mistakes, IsText(plan.Description), "/description", TextRule);
        Require(mistakes, plan.ContentHash.Length is > 0 and <= 128, "/contentHash", "A content hash has between 1 and 128 characters.");
        Each(mistakes, plan.Cells, "/cells", MaxCells, (planned, at) => CheckPlanned(mistakes, planned, at));
        return mistakes;
    }

    /// <summary>Mistakes of a claim.</summary>
    public static IReadOnlyList<WireMistake> Check(ClaimRequest request)
    {
        var mistakes = new List<WireMistake>();
        Require(mistakes, request.WaitSeconds is >= 0 and <= 30, "/waitSeconds", "An agent may wait between 0 and 30 seconds.");
        Require(mistakes, request.SpoolDepth >= 0, "/spoolDepth", "A spool depth is not negative.");
        return mistakes;
    }

    /// <summary>Mistakes of a heartbeat.</summary>
    public static IReadOnlyList<WireMistake> Check(Heartbeat heartbeat)
    {
        var mistakes = new List<WireMistake>();
        Require(mistakes, heartbeat.Phase.Length is > 0 and <= 64 && IsText(heartbeat.Phase), "/phase", "A phase has between 1 and 64 characters.");
        Require(mistakes, heartbeat.Progress is >= 0 and <= 1, "/progress", "Progress is a number from 0 to 1.");
        Require(mistakes, heartbeat.Message is null || IsText(heartbeat.Message), "/message", TextRule);
        Require(mistakes, heartbeat.LeaseToken.Length is > 0 and <= 128, "/leaseToken", "A lease token has between 1 and 128 characters.");
        return mistakes;
    }

    /// <summary>Mistakes of a request to queue a suite.</summary>
    public static IReadOnlyList<WireMistake> Check(EnqueueRequest request)
    {
        var mistakes = new List<WireMistake>();
        Require(mistakes, KebabCase().IsMatch(request.Suite) && request.Suite.Length <= 64, "/suite", "A suite's name is kebab case.");
        Require(mistakes, KebabCase().IsMatch(request.Reason) && request.Reason.Length <= 32, "/reason", "A reason is one kebab-case word.");
        return mistakes;
    }

    /// <summary>Mistakes of a result.</summary>
    public static IReadOnlyList<WireMistake> Check(ResultSubmission result)
    {
        var mistakes = new List<WireMistake>();
        Require(mistakes, BenchId.IsValid(result.ResultId, "res"), "/resultId", "A result id is 'res_' and 26 digits of base 32.");
        Require(mistakes, result.LeaseToken.Length is > 0 and <= 128, "/leaseToken", "A lease token has between 1 and 128 characters.");
        if (result.Outcome == Outcome.Succeeded)
        {
            Require(mistakes, result.Failure is null, "/failure", "A success carries no failure.");
            Require(mistakes, result.Metrics.Count > 0, "/metrics", "A success carries at least one metric.");
            Require(mistakes, result.Correctness is not { Checked: true, NonFinite: > 0 }, "/correctness/nonFinite",
                "Outputs that are not finite fail the correctness gate; report 'incorrect'.");
        }
        else
        {
            Require(mistakes, result.Failure is not null, "/failure", "A failure says what happened, why, and what to do.");
        }

        if (result.Failure is { } failure)
        {
            Require(mistakes, failure.Message.Length > 0 && IsText(failure.Message), "/failure/message", TextRule);
            Require(mistakes, IsText(failure.Remedy), "/failure/remedy", TextRule);
        }

        Require(mistakes, result.Correctness is not { } report || (double.IsFinite(report.MaxAbsError) && double.IsFinite(report.MaxRelError)
            && double.IsFinite(report.Tolerance)), "/correctness", "Errors and tolerance are finite; count what is not in nonFinite.");
        Each(mistakes, result.Metrics, "/metrics", MaxMetrics, (metric, at) => CheckMetric(mistakes, metric, at));
        Unique(mistakes, result.Metrics.OfType<MetricSamples>().Select(metric => metric.Name), "/metrics");
        Each(mistakes, result.LearningCurve, "/learningCurve", MaxSamples, (point, at) => Require(
            mistakes, point.Step >= 0 && double.IsFinite(point.Value) && IsName(point.Metric), at, "A point has a step, a metric and a finite value."));
        CheckNumbers(mistakes, result.Facts, "/facts");
        CheckNumbers(mistakes, result.PhaseSeconds, "/phaseSeconds");
        CheckFacts(mistakes, result.Environment, "/environment");
        Require(mistakes, result.FinishedAt >= result.StartedAt, "/finishedAt", "An attempt ends after it began.");
        Require(mistakes, result.StartedAt.Year is >= 2020 and <= 2200, "/startedAt", "The clock of the agent is wrong; see 'bench agent doctor'.");
        Require(mistakes, result.FinishedAt.Year is >= 2020 and <= 2200, "/finishedAt", "The clock of the agent is wrong; see 'bench agent doctor'.");
        Require(mistakes, result.LogTail.Length <= MaxLogCharacters && IsStorable(result.LogTail), "/logTail",
            "A log tail has at most 65,536 characters and no NUL.");
        return mistakes;
    }

    private const string NameRule = "A name has 1 to 100 letters, digits, dots, hyphens, underscores or slashes.";
    private const string TextRule = "At most 2,000 characters and no control characters but line breaks and tabs.";

    private static void CheckPlanned(List<WireMistake> mistakes, PlannedCell planned, string at)
    {
        var cell = planned.Cell;
        Require(mistakes, ImplementationId().IsMatch(cell.Implementation), at + "/cell/implementation", "An implementation id is 'mechanism/implementation'.");
        Require(mistakes, ImplementationId().IsMatch(cell.Task), at + "/cell/task", "A task id is 'suite/name' in kebab case.");
        Require(mistakes, cell is { Batch: > 0, Heads: > 0, HeadSize: > 0, Length: > 0 } && cell.SourceLength is null or > 0, at + "/cell",
            "Batch, heads, head size and lengths are positive.");
        Require(mistakes, cell.Device is "cpu" or "cuda", at + "/cell/device", "A device is 'cpu' or 'cuda'.");
        Require(mistakes, IsName(cell.Dtype), at + "/cell/dtype", NameRule);
        Require(mistakes, double.IsFinite(planned.EstimatedSeconds) && planned.EstimatedSeconds is >= 0 and <= 86_400, at + "/estimatedSeconds",
            "An estimate lies between 0 and 86,400 seconds.");
        Require(mistakes, planned.IneligibleReason is null || IsText(planned.IneligibleReason), at + "/ineligibleReason", TextRule);
        CheckFacts(mistakes, cell.Options, at + "/cell/options");
        CheckFacts(mistakes, cell.Parameters, at + "/cell/parameters");
        CheckFacts(mistakes, planned.Budget, at + "/budget");
    }

    private static void CheckMetric(List<WireMistake> mistakes, MetricSamples metric, string at)
    {
        Require(mistakes, IsName(metric.Name), at + "/name", NameRule);
        Require(mistakes, metric.Unit.Length <= 16 && IsText(metric.Unit), at + "/unit", "A unit has at most 16 characters.");
        Require(mistakes, metric.Samples.Count is > 0 and <= MaxSamples, at + "/samples", "Between 1 and 100,000 samples.");
        Require(mistakes, metric.Samples.All(double.IsFinite), at + "/samples", "Every sample is a finite number.");
        Require(mistakes, !(metric.Name.EndsWith("Ms", StringComparison.Ordinal) && metric.Samples.Any(sample => sample <= 0)), at + "/samples",
            "A time is larger than zero; a clock that says otherwise is broken.");
        Require(mistakes, metric.SamplesPerProcess.Count == 0 || metric.SamplesPerProcess.Sum(count => (long)count) == metric.Samples.Count,
            at + "/samplesPerProcess", "The processes' counts add up to the number of samples.");
    }

    private static void CheckFacts(List<WireMistake> mistakes, SortedDictionary<string, string> facts, string at)
    {
        Require(mistakes, facts.Count <= MaxEntries, at, "At most 500 entries.");
        foreach (var (name, value) in facts.Take(MaxEntries))
        {
            Require(mistakes, Key().IsMatch(name), $"{at}/{Escape(name)}", "A key has 1 to 100 visible ASCII characters.");
            Require(mistakes, value is not null && IsText(value), $"{at}/{Escape(name)}", TextRule);
        }
    }

    private static void CheckNumbers(List<WireMistake> mistakes, SortedDictionary<string, double> numbers, string at)
    {
        Require(mistakes, numbers.Count <= MaxEntries, at, "At most 500 entries.");
        foreach (var (name, value) in numbers.Take(MaxEntries))
        {
            Require(mistakes, Key().IsMatch(name), $"{at}/{Escape(name)}", "A key has 1 to 100 visible ASCII characters.");
            Require(mistakes, double.IsFinite(value), $"{at}/{Escape(name)}", "A finite number.");
        }
    }

    private static void Each<T>(List<WireMistake> mistakes, IReadOnlyList<T> items, string at, int most, Action<T, string> check)
    {
        Require(mistakes, items.Count <= most, at, $"At most {most} entries.");
        for (var i = 0; i < Math.Min(items.Count, most); i++)
        {
            if (items[i] is null)
            {
                mistakes.Add(new WireMistake($"{at}/{i}", "An entry is not null."));
            }
            else
            {
                check(items[i], $"{at}/{i}");
            }
        }
    }

    private static void Unique(List<WireMistake> mistakes, IEnumerable<string> names, string at)
    {
        foreach (var twice in names.GroupBy(name => name).Where(group => group.Count() > 1))
        {
            mistakes.Add(new WireMistake(at, $"'{twice.Key}' appears {twice.Count()} times."));
        }
    }

    private static void Require(List<WireMistake> mistakes, bool holds, string pointer, string rule)
    {
        if (!holds)
        {
            mistakes.Add(new WireMistake(pointer, rule));
        }
    }

    private static bool IsName(string? text) => text is not null && Name().IsMatch(text);

    private static bool IsText(string text) =>
        text.Length <= MaxText && !text.Any(c => char.IsControl(c) && c is not ('\n' or '\r' or '\t')) && IsStorable(text);

    /// <summary>PostgreSQL stores neither NUL nor half a surrogate pair.</summary>
    private static bool IsStorable(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\0' || char.IsLowSurrogate(text[i]))
            {
                return false;
            }

            if (char.IsHighSurrogate(text[i]) && (++i >= text.Length || !char.IsLowSurrogate(text[i])))
            {
                return false;
            }
        }

        return true;
    }

    private static string Escape(string pointer) =>
        pointer.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);

    [GeneratedRegex(@"^[a-z0-9]+(-[a-z0-9]+)*\z")]
    private static partial Regex KebabCase();

    [GeneratedRegex(@"^[a-z0-9]+([-.][a-z0-9]+)*/[a-z0-9]+([-.][a-z0-9]+)*\z")]
    private static partial Regex ImplementationId();

    [GeneratedRegex(@"^[!-~]{1,100}\z")]
    private static partial Regex Key();

    [GeneratedRegex(@"^[A-Za-z0-9._/+-]{1,100}\z")]
    private static partial Regex Name();
}

/// <summary>One mistake in a message.</summary>
/// <param name="Pointer">JSON pointer to the value.</param>
/// <param name="Rule">What must hold there.</param>
public sealed record WireMistake(string Pointer, string Rule);
