using System.CommandLine;
using System.Security.Cryptography;
using Bench.Agent.Client;
using Bench.Agent.Loop;
using Bench.Agent.Up;
using Bench.Domain.Protocol;
using Bench.Suites.Plans;

namespace Bench.Agent.Commands;

/// <summary><c>bench up</c>: database, site and a local agent that runs a suite while the page fills. Running it again goes on where it stopped.</summary>
internal static class UpCommand
{
    /// <summary>Short, because after the last cell somebody waits for the end.</summary>
    private static readonly TimeSpan ClaimWait = TimeSpan.FromSeconds(2);

    public static Command Create()
    {
        var port = new Option<int>("--port") { Description = "Port of the site; the next free one is taken.", DefaultValueFactory = _ => 5210 };
        var suite = new Option<string>("--suite") { Description = "Suite to run: a name or a YAML file.", DefaultValueFactory = _ => "quick" };
        var data = new Option<string>("--data")
        {
            Description = "Folder of the embedded database and of the local agent (environment: BENCH_DATA).",
            DefaultValueFactory = _ => Environment.GetEnvironmentVariable("BENCH_DATA") ?? ".data",
        };
        var exit = new Option<bool>("--exit-when-done") { Description = "End with code 0 when every cell of the suite has its result." };
        var siteOnly = new Option<bool>("--site-only") { Description = "Start the site without an agent." };
        var command = new Command("up", "Start the site and a local agent that runs a suite; results fill the page. Ctrl-C ends both.")
        {
            port, suite, data, exit, siteOnly,
        };
        command.SetAction((parsed, cancellation) => Failures.GuardAsync(() => UpAsync(
            parsed.GetValue(port), parsed.GetValue(suite)!, Path.GetFullPath(parsed.GetValue(data)!), parsed.GetValue(exit), parsed.GetValue(siteOnly),
            cancellation)));
        return command;
    }

    private static async Task<int> UpAsync(int port, string suite, string data, bool exit, bool siteOnly, CancellationToken cancellation)
    {
        var plan = await PreparedPlan.ReadAsync(SuiteFolder.Find(suite), null, cancellation);
        var home = new AgentHome(Path.Combine(data, "agent"));
        await using var mine = home.Lock();
        await PostgresSchema.MigrateAsync(cancellation);
        var code = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        await using var site = await SiteProcess.StartAsync(data, port, code, cancellation);
        Console.WriteLine($"Site    {site.Address}");
        if (siteOnly)
        {
            await Task.Delay(Timeout.Infinite, cancellation);
        }

        var identity = await IdentityAsync(home, site.Address, code, cancellation);
        using var server = new ServerClient(site.Address, identity.Key, TimeProvider.System);
        await server.PushSuiteAsync(plan, cancellation);
        var queued = await server.EnqueueAsync(new EnqueueRequest(plan.Name, SkipFinished: true, "up"), cancellation);
        var waiting = queued.Queued + queued.AlreadyQueued;
        Console.WriteLine($"Suite   {plan.Name}: {waiting} cells to run, {queued.Finished} finished before, {queued.Ineligible} not possible");
        var watcher = new ProgressWatcher(Console.Out, TimeProvider.System) { Total = waiting };
        await AgentCommand.Loop(server, home, watcher, ClaimWait).RunAsync(
            AgentCommand.Registration(home), stop => IsDoneAsync(server, plan.Name, watcher, exit, site.Address, stop), cancellation);
        var progress = await server.ProgressAsync(plan.Name, cancellation);
        Console.WriteLine($"Done    {progress.Succeeded} cells with numbers, {progress.Failed} without, {progress.Ineligible} not possible.");
        return ExitCode.Success;
    }

    /// <summary>The local agent's identity: the stored one if this database still knows it, otherwise a new enrolment.</summary>
    private static async Task<AgentIdentity> IdentityAsync(AgentHome home, Uri address, string code, CancellationToken cancellation)
    {
        if (home.Identity() is { } known)
        {
            using var server = new ServerClient(address, known.Key, TimeProvider.System);
            try
            {
                await server.RegisterAsync(AgentCommand.Registration(home), cancellation);
                return known;
            }
            catch (ServerProblem problem) when (problem.ExitCode == ExitCode.Forbidden)
            {
                // Another or an emptied database: enrol anew.
            }
        }

        return await AgentCommand.EnrollAsync(address, code, "local", home, cancellation);
    }

    private static async Task<bool> IsDoneAsync(
        ServerClient server, string suite, ProgressWatcher watcher, bool exit, Uri address, CancellationToken stop)
    {
        var progress = await server.ProgressAsync(suite, stop);
        if (progress.Queued + progress.Running > 0)
        {
            return false;
        }

        watcher.End();
        if (exit)
        {
            return true;
        }

        if (!watcher.SaidDone)
        {
            watcher.SaidDone = true;
            Console.WriteLine($"All cells of {suite} have their results. The site stays at {address} until Ctrl-C.");
        }

        return false;
    }
}
