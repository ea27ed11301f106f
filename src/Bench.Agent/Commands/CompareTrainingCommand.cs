using System.CommandLine;
using System.Text.Json;
using Bench.Domain.Protocol;
using Bench.Suites.Lra;

namespace Bench.Agent.Commands;

/// <summary><c>bench compare-training</c>: training speed of the engine against a bare loop of the same model, in turn.</summary>
internal static class CompareTrainingCommand
{
    public static Command Create()
    {
        var length = new Option<int>("--length") { Description = "N, bytes of a text.", DefaultValueFactory = _ => 1000 };
        var batch = new Option<int>("--batch") { Description = "Rows of a step.", DefaultValueFactory = _ => 8 };
        var steps = new Option<int>("--steps") { Description = "Steps of a block.", DefaultValueFactory = _ => 3 };
        var rounds = new Option<int>("--rounds") { Description = "Blocks of each side; the best counts.", DefaultValueFactory = _ => 3 };
        var threads = new Option<int>("--threads") { Description = "Threads of torch.", DefaultValueFactory = _ => 1 };
        var json = CommonOptions.Json();
        var command = new Command(
            "compare-training",
            "Train the Long Range Arena's text model with softmax in the engine and in a bare loop of torch's modules, and print the ratio of their speeds.")
        {
            length, batch, steps, rounds, threads, json,
        };
        command.SetAction(parsed => Failures.GuardAsync(() => Task.FromResult(
            RetainingAllocator.Restart("Take a shorter --length or a smaller --batch.") ?? Compare(
                new TrainingComparison(
                    parsed.GetValue(length), parsed.GetValue(batch), parsed.GetValue(steps), parsed.GetValue(rounds), parsed.GetValue(threads)),
                parsed.GetValue(json)))));
        return command;
    }

    private static int Compare(TrainingComparison comparison, bool json)
    {
        var found = comparison.Run();
        Console.WriteLine(json
            ? JsonSerializer.Serialize(found, WireJson.Strict)
            : $"engine {found.TokensPerSecond:F0} tokens/s, bare loop {found.BareTokensPerSecond:F0} tokens/s of processor time: {found.Ratio:F2} times; "
                + $"{found.Parameters:N0} and {found.BareParameters:N0} parameters");
        return ExitCode.Success;
    }
}
