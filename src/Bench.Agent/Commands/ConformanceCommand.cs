using System.CommandLine;
using System.Text.Json;
using Bench.Domain.Protocol;
using Bench.Suites.Conformance;

namespace Bench.Agent.Commands;

/// <summary><c>bench conformance DIR</c>: golden cases of the authors' code against our implementations.</summary>
internal static class ConformanceCommand
{
    public static Command Create()
    {
        var folder = new Argument<DirectoryInfo>("DIR") { Description = "A folder with manifest.json and its .safetensors or .jsonl files." };
        var json = CommonOptions.Json();
        var command = new Command("conformance", "Compare every implementation with recorded outputs, states and gradients of the authors' code.")
        {
            folder, json,
        };
        command.SetAction(parsed => Run(parsed.GetValue(folder)!.FullName, parsed.GetValue(json)));
        return command;
    }

    private static int Run(string folder, bool json)
    {
        ConformanceReport report;
        try
        {
            report = ConformanceRunner.Run(folder, json ? null : Print);
        }
        catch (Exception mistake) when (mistake is IOException or InvalidDataException)
        {
            Console.Error.WriteLine(mistake.Message);
            return mistake is FileNotFoundException or DirectoryNotFoundException ? ExitCode.NotFound : ExitCode.Usage;
        }

        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(report, WireJson.Strict));
        }
        else
        {
            Console.WriteLine($"{report.Passed} passed, {report.Failed} failed, {report.NotImplemented} not implemented");
        }

        return report.Failed > 0 ? ExitCode.Incorrect : ExitCode.Success;
    }

    private static void Print(CaseReport report) => Console.WriteLine(
        $"{report.Status,-15} {report.File,-44} {report.Implementation ?? report.Mechanism,-28} abs {report.MaxAbsError:0.0e+00} rel {report.MaxRelError:0.0e+00} {report.Worst} {report.Message}"
            .TrimEnd());
}
