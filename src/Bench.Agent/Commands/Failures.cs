using Bench.Agent.Client;
using Bench.Suites.Plans;

namespace Bench.Agent.Commands;

/// <summary>The top loop of the command line: turns failures into one message on standard error and an exit code.</summary>
internal static class Failures
{
    /// <summary>Runs a command's work.</summary>
    public static async Task<int> GuardAsync(Func<Task<int>> work)
    {
        try
        {
            return await work();
        }
        catch (OperationCanceledException)
        {
            return ExitCode.Interrupted;
        }
        catch (Exception mistake) when (Code(mistake) is not null)
        {
            await Console.Error.WriteLineAsync(mistake.Message);
            return Code(mistake)!.Value;
        }
    }

    private static int? Code(Exception mistake) => mistake switch
    {
        ServerProblem problem => problem.ExitCode,
        SuiteException or FormatException or ArgumentException or InvalidDataException => ExitCode.Usage,
        FileNotFoundException or DirectoryNotFoundException or KeyNotFoundException => ExitCode.NotFound,
        IOException or UnauthorizedAccessException => ExitCode.Failure,
        TimeoutException => ExitCode.Timeout,
        _ => null,
    };
}
