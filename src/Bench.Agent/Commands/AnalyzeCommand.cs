using System.CommandLine;

namespace Bench.Agent.Commands;

/// <summary><c>bench analyze …</c>: statistics over files, without running anything.</summary>
internal static class AnalyzeCommand
{
    public static Command Create() => new("analyze", "Compute efficiency lengths and compositional indices from files of measured or "
        + "published numbers.")
    {
        EfficiencyLengthCommand.Create(),
        CompositionalIndexCommand.Create(),
    };

    /// <summary>Runs an analysis of a file and turns the reader's mistakes into messages and exit codes.</summary>
    public static int OnFile(FileInfo file, Action<string> analyse)
    {
        try
        {
            analyse(File.ReadAllText(file.FullName));
            return ExitCode.Success;
        }
        catch (Exception mistake) when (mistake is FileNotFoundException or DirectoryNotFoundException)
        {
            Console.Error.WriteLine($"{mistake.Message} Give a table of comma-separated values.");
            return ExitCode.NotFound;
        }
        catch (Exception mistake) when (mistake is FormatException or ArgumentException or IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"'{file}' cannot be analysed. {mistake.Message}");
            return ExitCode.Usage;
        }
    }
}
