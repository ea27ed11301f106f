using System.CommandLine;
using System.Text.Json;
using Bench.Agent.Validation;
using Bench.Domain.Protocol;

namespace Bench.Agent.Commands;

/// <summary><c>bench validate</c>: the measuring method proves itself on this machine.</summary>
internal static class ValidateCommand
{
    public static Command Create()
    {
        var json = CommonOptions.Json();
        var cells = new Option<int>("--cells") { Description = "Cells of quick to run twice.", DefaultValueFactory = _ => 40 };
        var output = new Option<FileInfo?>("--output") { Description = "Also write the report to this file." };
        var command = new Command("validate", "Measure the method itself: false positives, coverage, power, agreement, useful time, overhead.") { json, cells, output };
        command.SetAction((parsed, cancellation) => Failures.GuardAsync(async () =>
        {
            var report = await new MethodValidation(Console.Error.WriteLine).RunAsync(parsed.GetValue(cells), cancellation);
            var text = JsonSerializer.Serialize(report, WireJson.Strict);
            if (parsed.GetValue(output) is { } file)
            {
                await File.WriteAllTextAsync(file.FullName, text + "\n", cancellation);
            }

            Console.WriteLine(parsed.GetValue(json) ? text : Table(report));
            return ExitCode.Success;
        }));
        return command;
    }

    private static string Table(MethodReport report) => string.Join('\n',
        $"A/A false positives        {report.AaFalsePositiveRate,8:P2}   at most 1 %",
        $"coverage of 95 % intervals {report.Coverage95,8:P2}   95 ± 2 %",
        $"power at a 5 % slow-down   {report.PowerAt5Percent,8:P2}   at least 95 %",
        $"  of a bare loop           {report.BareLoopPowerAt5Percent,8:P2}   what the machine itself allows",
        $"medians within 3 %         {report.MedianAgreementWithin3Percent,8:P2}   at least 95 % on an idle machine",
        $"  quickest tenths          {report.UndisturbedAgreementWithin3Percent,8:P2}   what other work on the machine disturbs least",
        $"  of a bare loop           {report.BareLoopAgreementWithin3Percent,8:P2}   what the machine itself allows",
        $"  stolen by the host       {report.StolenShare,8:P2}",
        $"  samples of a shared core {report.SharedCoreShare,8:P2}   repeated; what comes and goes within one stays in it",
        $"useful share of wall time  {report.UsefulTimeShare,8:P2}   at least 60 %",
        $"overhead per repetition    {report.OverheadMicroseconds,8:0.0} µs at most 20 µs",
        $"load average               {report.LoadAverage,8:0.00}");
}
