using System.CommandLine;
using Bench.Agent.Client;
using Bench.Agent.Loop;
using Bench.Domain.Protocol;
using Bench.Suites.Plans;

namespace Bench.Agent.Commands;

/// <summary><c>bench suite check|push</c>: validate a suite file; store it on a server and queue it.</summary>
internal static class SuiteCommand
{
    public static Command Create() => new("suite", "Check a suite file, or put it on a server.") { Check(), Push() };

    private static Command Check()
    {
        var suite = new Argument<string>("SUITE") { Description = "Name of a suite, or a path to a YAML file." };
        var command = new Command("check", "Validate a suite file and list every mistake at once.") { suite };
        command.SetAction(parsed => Failures.GuardAsync(() =>
        {
            var plan = SuiteReader.ReadFile(SuiteFolder.Find(parsed.GetValue(suite)!), "cpu");
            Console.WriteLine($"{plan.Name}: {plan.Cells.Count} cells, {plan.Cells.Count(cell => cell.IneligibleReason is null)} can run here.");
            return Task.FromResult(ExitCode.Success);
        }));
        return command;
    }

    private static Command Push()
    {
        var suite = new Argument<string>("SUITE") { Description = "Name of a suite, or a path to a YAML file." };
        var home = CommonOptions.Home();
        var all = new Option<bool>("--all") { Description = "Queue every cell, also those that have a result of this build." };
        var command = new Command("push", "Store a suite on the server and queue its cells.") { suite, home, all };
        command.SetAction((parsed, cancellation) => Failures.GuardAsync(async () =>
        {
            var plan = await PreparedPlan.ReadAsync(SuiteFolder.Find(parsed.GetValue(suite)!), null, cancellation);
            var identity = new AgentHome(parsed.GetValue(home)!).Identity()
                ?? throw new KeyNotFoundException("This agent is not enrolled; its key is needed to push suites.");
            using var server = new ServerClient(identity.Server, identity.Key, TimeProvider.System);
            await server.PushSuiteAsync(plan, cancellation);
            var answer = await server.EnqueueAsync(new EnqueueRequest(plan.Name, SkipFinished: !parsed.GetValue(all)), cancellation);
            Console.WriteLine(
                $"{plan.Name}: {answer.Queued} queued, {answer.AlreadyQueued} queued before, {answer.Finished} finished, {answer.Ineligible} ineligible.");
            return ExitCode.Success;
        }));
        return command;
    }
}
