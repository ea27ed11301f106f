using System.CommandLine;
using Bench.Suites.Parallel;

namespace Bench.Agent.Commands;

/// <summary><c>bench sequence-worker</c>: one worker of a sequence-parallel run. Hidden; the request comes on standard input.</summary>
internal static class SequenceWorkerCommand
{
    public static Command Create()
    {
        var command = new Command("sequence-worker", "One slice of a sequence in a process of its own; started by the task 'parallel/sequence'.") { Hidden = true };
        command.SetAction(_ => SequenceWorker.Run(Console.In, Console.Out));
        return command;
    }
}
