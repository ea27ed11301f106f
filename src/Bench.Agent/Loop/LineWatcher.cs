using Bench.Domain.Analysis;
using Bench.Domain.Matrix;
using Bench.Domain.Protocol;
using Bench.Suites.Harness;

namespace Bench.Agent.Loop;

/// <summary>One line a finished cell, for logs and services.</summary>
internal sealed class LineWatcher(TextWriter output) : IAgentWatcher
{
    /// <inheritdoc />
    public void Started(Assignment assignment)
    {
    }

    /// <inheritdoc />
    public void Progressed(Assignment assignment, PartProgress progress)
    {
    }

    /// <inheritdoc />
    public void Finished(Assignment assignment, ResultSubmission submission) => output.WriteLine(Describe(assignment, submission));

    /// <inheritdoc />
    public void Warn(string message) => Console.Error.WriteLine(message);

    /// <summary>The cell and its headline number, or why there is none.</summary>
    public static string Describe(Assignment assignment, ResultSubmission submission)
    {
        var cell = assignment.Cell;
        var what = $"{cell.Task} {cell.Implementation} {cell.Pattern.Name} N={cell.Length}";
        return submission.Failure is { } failure
            ? $"{what}: {failure.Class}. {failure.Message}"
            : $"{what}: {Headline(submission)}";
    }

    private static string Headline(ResultSubmission submission) => submission.Metrics is [var first, ..]
        ? $"{Quantiles.Median(first.Samples):G4} {first.Unit}"
        : "done";
}
