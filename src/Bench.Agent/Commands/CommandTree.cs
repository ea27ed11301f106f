using System.CommandLine;

namespace Bench.Agent.Commands;

/// <summary>The root of the command line: one file a command.</summary>
internal static class CommandTree
{
    public static RootCommand Create() =>
        new("Bench measures attention implementations: how fast, how much memory, and whether they still remember.")
        {
            UpCommand.Create(),
            RunCommand.Create(),
            CompareCommand.Create(),
            ListCommand.Create(),
            SuiteCommand.Create(),
            DataCommand.Create(),
            AgentCommand.Create(),
            AnalyzeCommand.Create(),
            ConformanceCommand.Create(),
            DoctorCommand.Create(),
            DiffEnvironmentCommand.Create(),
            ValidateCommand.Create(),
            LoadCommand.Create(),
            CellPartCommand.Create(),
            SequenceWorkerCommand.Create(),
        };
}
