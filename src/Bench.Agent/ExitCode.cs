namespace Bench.Agent;

/// <summary>What a command's exit code says; the table of <c>docs/cli.md</c>.</summary>
internal static class ExitCode
{
    public const int Success = 0;

    /// <summary>The operation failed: a benchmark without number, a red check.</summary>
    public const int Failure = 1;

    /// <summary>The command line, a suite file or an input file is wrong.</summary>
    public const int Usage = 2;

    /// <summary>What was asked for does not exist.</summary>
    public const int NotFound = 3;

    /// <summary>The key is missing, wrong, expired or lacks the scope.</summary>
    public const int Forbidden = 4;

    /// <summary>Conflict, such as a lost lease.</summary>
    public const int Conflict = 5;

    /// <summary>The server could not be reached after retries.</summary>
    public const int Unavailable = 6;

    /// <summary>A time limit passed.</summary>
    public const int Timeout = 7;

    /// <summary>A difference or regression was found where none was allowed.</summary>
    public const int Difference = 8;

    /// <summary>A result is incorrect: a golden case or the correctness gate failed.</summary>
    public const int Incorrect = 9;

    /// <summary>Ctrl-C.</summary>
    public const int Interrupted = 130;
}
