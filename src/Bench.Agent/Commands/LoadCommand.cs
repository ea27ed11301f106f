using System.CommandLine;
using System.Text.Json;
using Bench.Agent.Load;
using Bench.Domain.Protocol;

namespace Bench.Agent.Commands;

/// <summary><c>bench load</c>: how many agents a server holds, and whether it loses or doubles anything under them.</summary>
internal static class LoadCommand
{
    public static Command Create()
    {
        var agents = new Option<int>("--agents") { Description = "Simulated agents.", DefaultValueFactory = _ => 200 };
        var seconds = new Option<double>("--seconds") { Description = "Half of it goes to leases; their results take what they take.", DefaultValueFactory = _ => 60 };
        agents.Validators.Add(parsed => Require(parsed, agents, value => value is >= 1 and <= 2_000, "must be from 1 to 2000"));
        seconds.Validators.Add(parsed => Require(parsed, seconds, value => value is >= 1 and <= 3_600, "must be from 1 to 3600"));
        var port = new Option<int>("--port") { Description = "Port of the site; the next free one is taken.", DefaultValueFactory = _ => 5290 };
        var json = CommonOptions.Json();
        var command = new Command(
            "load",
            "Put simulated agents on a throwaway site: an embedded database, or the empty Postgres database that ConnectionStrings__Bench names.")
        {
            agents, seconds, port, json,
        };
        command.SetAction((parsed, cancellation) => Failures.GuardAsync(async () =>
        {
            var folder = Directory.CreateTempSubdirectory("bench-load");
            try
            {
                var test = new LoadTest(parsed.GetValue(agents), TimeSpan.FromSeconds(parsed.GetValue(seconds)), Console.Error.WriteLine);
                var report = await test.RunAsync(folder.FullName, parsed.GetValue(port), cancellation);
                Console.WriteLine(parsed.GetValue(json) ? JsonSerializer.Serialize(report, WireJson.Strict) : Table(report));
                return report.IsSound ? ExitCode.Success : ExitCode.Failure;
            }
            finally
            {
                folder.Delete(recursive: true);
            }
        }));
        return command;
    }

    private static void Require<T>(System.CommandLine.Parsing.OptionResult parsed, Option<T> option, Func<T?, bool> fits, string rule)
    {
        if (!fits(parsed.GetValue(option)))
        {
            parsed.AddError($"{option.Name} {rule}.");
        }
    }

    private static string Table(LoadReport report) => string.Join('\n',
        $"{report.Agents} agents, {report.Database}",
        $"claims           {report.Claims.PerSecond,8:0}/s   p50 {report.Claims.P50Milliseconds:0} ms, p95 {report.Claims.P95Milliseconds:0} ms, p99 {report.Claims.P99Milliseconds:0} ms",
        $"results          {report.Results.PerSecond,8:0}/s   p50 {report.Results.P50Milliseconds:0} ms, p95 {report.Results.P95Milliseconds:0} ms, p99 {report.Results.P99Milliseconds:0} ms",
        $"duplicate leases {report.DuplicateLeases,8}     must be 0",
        $"lost results     {report.LostResults,8}     must be 0",
        $"doubled results  {report.DoubledResults,8}     must be 0",
        $"errors           {report.Errors,8}     must be 0",
        string.Join('\n', report.ErrorMessages)).TrimEnd();
}
