using System.CommandLine;
using System.Text.Json;
using Bench.Agent.Client;
using Bench.Agent.Loop;
using Bench.Domain.Protocol;
using Bench.Suites.Harness;

namespace Bench.Agent.Commands;

/// <summary><c>bench agent enroll|run|status|drain|resume|sync|doctor</c>: this machine as a worker of a server.</summary>
internal static class AgentCommand
{
    public static Command Create() => new("agent", "Run this machine as an agent of a server.")
    {
        Enroll(), Run(), Status(), AgentDrainCommand.Drain(), AgentDrainCommand.Resume(), Sync(), DoctorCommand.Create(),
    };

    private static Command Enroll()
    {
        var (server, home) = (CommonOptions.Server(), CommonOptions.Home());
        var name = new Option<string>("--name") { Description = "Name of the agent, kebab case.", DefaultValueFactory = _ => "agent" };
        var codeFile = new Option<FileInfo?>("--code-file")
        {
            Description = "File with the one-time code; without it the code is read from BENCH_ENROLLMENT_CODE or standard input. Never on the command line.",
        };
        var command = new Command("enroll", "Exchange a one-time code from the site for this agent's key.") { server, home, name, codeFile };
        command.SetAction((parsed, cancellation) => Failures.GuardAsync(async () =>
        {
            var code = parsed.GetValue(codeFile) is { } file
                ? await File.ReadAllTextAsync(file.FullName, cancellation)
                : Environment.GetEnvironmentVariable("BENCH_ENROLLMENT_CODE") ?? await Console.In.ReadLineAsync(cancellation) ?? "";
            var identity = await EnrollAsync(
                parsed.GetValue(server)!, code.Trim(), parsed.GetValue(name)!, new AgentHome(parsed.GetValue(home)!), cancellation);
            Console.WriteLine($"Enrolled as {identity.Name} ({identity.AgentId}). Start it: bench agent run");
            return ExitCode.Success;
        }));
        return command;
    }

    /// <summary>Exchanges a code for a key and stores it.</summary>
    public static async Task<AgentIdentity> EnrollAsync(Uri server, string code, string name, AgentHome home, CancellationToken cancellation)
    {
        using var client = new ServerClient(server, key: null, TimeProvider.System) { Warn = Warn };
        var answer = await client.EnrollAsync(new EnrollmentRequest(code, name), cancellation);
        var identity = new AgentIdentity(server, answer.AgentId, answer.Name, answer.Key);
        home.Save(identity);
        return identity;
    }

    private static Command Run()
    {
        var home = CommonOptions.Home();
        var until = new Option<bool>("--until-idle") { Description = "End when the queue has nothing for this agent." };
        var command = new Command("run", "Lease cells, run them, submit results; until Ctrl-C.") { home, until };
        command.SetAction((parsed, cancellation) => Failures.GuardAsync(async () =>
        {
            var folder = new AgentHome(parsed.GetValue(home)!);
            var identity = Enrolled(folder);
            await using var mine = folder.Lock();
            using var server = new ServerClient(identity.Server, identity.Key, TimeProvider.System) { RetryBudget = TimeSpan.FromMinutes(15), Warn = Warn };
            var loop = Loop(server, folder, new LineWatcher(Console.Out));
            try
            {
                await loop.RunAsync(Registration(folder), _ => Task.FromResult(parsed.GetValue(until)), cancellation);
            }
            finally
            {
                if (loop.Gaps.MedianMilliseconds is { } gap)
                {
                    Console.WriteLine(FormattableString.Invariant($"Between two cells: {gap:0.0} ms (median of {loop.Gaps.Count}) for spool, delivery and the next lease."));
                }
            }

            return ExitCode.Success;
        }));
        return command;
    }

    /// <summary>The loop of an enrolled agent.</summary>
    public static AgentLoop Loop(ServerClient server, AgentHome home, IAgentWatcher watcher, TimeSpan? claimWait = null)
    {
        var machine = EnvironmentProbe.OfMachine();
        return new AgentLoop(server, home.OpenSpool(), new CellRunner(ChildCommand.Self(), machine, home.Checkpoints), machine, watcher, TimeProvider.System)
        {
            ClaimWait = claimWait ?? TimeSpan.FromSeconds(15),
            // Ctrl-C ends the site of 'bench up' together with its agent; there is nobody to wait for.
            Farewell = claimWait is null ? TimeSpan.FromSeconds(10) : TimeSpan.FromSeconds(1),
        };
    }

    /// <summary>What this machine tells the server about itself.</summary>
    public static AgentRegistration Registration(AgentHome home) => Registration(home.OpenSpool().Depth);

    /// <summary>The same with so many results waiting on disk.</summary>
    public static AgentRegistration Registration(int spoolDepth) => new()
    {
        Version = BuildInfo.Version,
        Capabilities = new AgentCapabilities
        {
            Device = "cpu",
            DeviceClass = EnvironmentProbe.DeviceClass(),
            MemoryBytes = ProcessMemory.Available(),
            Dtypes = ["float32", "float64", "bfloat16"],
            SpoolDepth = spoolDepth,
        },
        Environment = EnvironmentProbe.OfMachine(),
        Catalogue = CatalogueWriter.Write(),
    };

    private static Command Status()
    {
        var (home, json) = (CommonOptions.Home(), CommonOptions.Json());
        var command = new Command("status", "Show who this agent is, whether the server answers, and what waits to be sent.") { home, json };
        command.SetAction((parsed, cancellation) => Failures.GuardAsync(async () =>
        {
            var folder = new AgentHome(parsed.GetValue(home)!);
            var identity = folder.Identity();
            using var server = identity is null ? null : new ServerClient(identity.Server, identity.Key, TimeProvider.System);
            var status = new
            {
                Enrolled = identity is not null,
                identity?.Name,
                identity?.AgentId,
                Server = identity?.Server.ToString(),
                ServerReady = server is not null && await server.IsReadyAsync(cancellation),
                Waiting = folder.OpenSpool().Depth,
            };
            Console.WriteLine(parsed.GetValue(json)
                ? JsonSerializer.Serialize(status, WireJson.Strict)
                : status.Enrolled
                    ? $"{status.Name} ({status.AgentId}) of {status.Server}: server {(status.ServerReady ? "ready" : "not reachable")}, {status.Waiting} results waiting"
                    : "Not enrolled. Ask a maintainer for a one-time code, then: bench agent enroll --server URL");
            return status.Enrolled ? ExitCode.Success : ExitCode.NotFound;
        }));
        return command;
    }

    private static Command Sync()
    {
        var home = CommonOptions.Home();
        var list = new Option<bool>("--list") { Description = "Only list what waits." };
        var command = new Command("sync", "Send results that wait on disk.") { home, list };
        command.SetAction((parsed, cancellation) => Failures.GuardAsync(async () =>
        {
            var folder = new AgentHome(parsed.GetValue(home)!);
            if (parsed.GetValue(list))
            {
                foreach (var result in folder.OpenSpool().Waiting(Warn))
                {
                    Console.WriteLine($"{result.Submission.ResultId} {result.AttemptId} {result.Submission.Outcome} {result.Submission.FinishedAt:u}");
                }

                return ExitCode.Success;
            }

            var identity = Enrolled(folder);
            await using var mine = folder.Lock();
            using var server = new ServerClient(identity.Server, identity.Key, TimeProvider.System) { RetryBudget = TimeSpan.FromMinutes(15), Warn = Warn };
            Console.WriteLine($"{await Loop(server, folder, new LineWatcher(Console.Out)).SyncAsync(cancellation)} results sent.");
            return ExitCode.Success;
        }));
        return command;
    }

    /// <summary>Who this agent is.</summary>
    /// <exception cref="KeyNotFoundException">It is not enrolled.</exception>
    public static AgentIdentity Enrolled(AgentHome home) => home.Identity()
        ?? throw new KeyNotFoundException("This agent is not enrolled. Ask a maintainer for a one-time code, then: bench agent enroll --server URL");

    private static void Warn(string message) => Console.Error.WriteLine(message);
}
