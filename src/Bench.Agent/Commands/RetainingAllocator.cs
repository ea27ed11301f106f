using System.Diagnostics;
using Bench.Suites.Harness;

namespace Bench.Agent.Commands;

/// <summary>Runs commands that time torch in this very process under the allocator that timing needs.</summary>
internal static class RetainingAllocator
{
    /// <summary>A process that a signal ends has this and the signal's number as exit code.</summary>
    private const int SignalBase = 128;

    /// <summary>Starts this command again under the allocator, and returns its exit code; null when it already runs under it.</summary>
    /// <param name="smaller">What to do when memory was not enough, as part of a sentence.</param>
    public static int? Restart(string smaller)
    {
        if (Environment.GetEnvironmentVariable(Allocator.Variable) is not null)
        {
            return null;
        }

        var self = ChildCommand.Self(Environment.GetCommandLineArgs().Skip(1));
        var start = new ProcessStartInfo(self.FileName, self.Arguments);
        foreach (var (name, value) in Allocator.Environment(AllocatorKind.Retaining))
        {
            start.Environment[name] = value;
        }

        using var child = Process.Start(start)!;
        child.WaitForExit();
        if (child.ExitCode > SignalBase && child.ExitCode != ExitCode.Interrupted)
        {
            Console.Error.WriteLine(
                $"The comparing process was ended by signal {child.ExitCode - SignalBase}, most likely for want of memory. {smaller}");
            return ExitCode.Failure;
        }

        return child.ExitCode;
    }
}
