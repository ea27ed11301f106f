using System.CommandLine;
using Bench.Suites.Harness;

namespace Bench.Agent.Commands;

/// <summary><c>bench cell-part</c>: the child process of a cell. Hidden; the request comes on standard input.</summary>
internal static class CellPartCommand
{
    public static Command Create()
    {
        var command = new Command("cell-part", "One part of a cell in a process of its own; started by the agent.") { Hidden = true };
        command.SetAction(_ => ChildMain.Run(Console.In, Console.Out));
        return command;
    }
}
