using System.CommandLine;
using Bench.Agent.Client;
using Bench.Agent.Loop;

namespace Bench.Agent.Commands;

/// <summary><c>bench agent drain|resume</c>: before this machine is taken away, and after it is back.</summary>
internal static class AgentDrainCommand
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(2);

    /// <summary>Takes nothing new.</summary>
    public static Command Drain()
    {
        var home = CommonOptions.Home();
        var wait = new Option<bool>("--wait") { Description = "Return only when the agent holds no cell and nothing waits in its spool." };
        var command = new Command("drain", "Let this agent finish the cell that it holds and take nothing new, until 'bench agent resume'.") { home, wait };
        command.SetAction((parsed, cancellation) => Failures.GuardAsync(async () =>
        {
            var folder = new AgentHome(parsed.GetValue(home)!);
            using var server = Connect(folder);
            await server.SetDrainingAsync(draining: true, cancellation);
            var work = (await server.SelfAsync(cancellation)).Work;
            Console.WriteLine(work is null ? "Draining; it holds no cell." : $"Draining; it still holds {work.JobId} ({work.Implementation}, {work.Task}).");
            if (parsed.GetValue(wait))
            {
                while ((await server.SelfAsync(cancellation)).Work is not null || folder.OpenSpool().Depth > 0)
                {
                    await Task.Delay(LookAgain, TimeProvider.System, cancellation);
                }

                Console.WriteLine("Drained: nothing is held, nothing waits to be sent.");
            }

            return ExitCode.Success;
        }));
        return command;
    }

    /// <summary>Takes work again.</summary>
    public static Command Resume()
    {
        var home = CommonOptions.Home();
        var command = new Command("resume", "Take work again after 'bench agent drain'. What a maintainer stopped, a maintainer resumes.") { home };
        command.SetAction((parsed, cancellation) => Failures.GuardAsync(async () =>
        {
            using var server = Connect(new AgentHome(parsed.GetValue(home)!));
            await server.SetDrainingAsync(draining: false, cancellation);
            Console.WriteLine("Active: it takes work again.");
            return ExitCode.Success;
        }));
        return command;
    }

    private static ServerClient Connect(AgentHome home)
    {
        var identity = AgentCommand.Enrolled(home);
        return new ServerClient(identity.Server, identity.Key, TimeProvider.System) { Warn = Console.Error.WriteLine };
    }
}
