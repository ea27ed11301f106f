using System.CommandLine;
using System.Text.Json;
using Bench.Agent.Doctor;
using Bench.Agent.Loop;
using Bench.Domain.Protocol;

namespace Bench.Agent.Commands;

/// <summary><c>bench doctor</c>: is this host fit to measure, and can it reach its server?</summary>
internal static class DoctorCommand
{
    public static Command Create()
    {
        var (home, json) = (CommonOptions.Home(), CommonOptions.Json());
        var command = new Command("doctor", "Check noise, governor, load, disk, allocator, peaks, key and server; each finding comes with a remedy.") { home, json };
        command.SetAction((parsed, cancellation) => Failures.GuardAsync(async () =>
        {
            var checks = await HostChecks.RunAsync(new AgentHome(parsed.GetValue(home)!), cancellation);
            if (parsed.GetValue(json))
            {
                Console.WriteLine(JsonSerializer.Serialize(checks, WireJson.Strict));
            }
            else
            {
                foreach (var check in checks)
                {
                    Console.WriteLine($"{check.Status.ToString().ToLowerInvariant(),-5} {check.Name,-26} {check.Found}");
                    if (check.Remedy.Length > 0)
                    {
                        Console.WriteLine($"{"",-32} → {check.Remedy}");
                    }
                }
            }

            return checks.Any(check => check.Status == CheckStatus.Fail) ? ExitCode.Failure : ExitCode.Success;
        }));
        return command;
    }
}
