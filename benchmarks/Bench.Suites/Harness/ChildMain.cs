using System.Text.Json;
using Bench.Domain.Protocol;
using Bench.Domain.Results;

namespace Bench.Suites.Harness;

/// <summary>The child's side: reads the request, runs the part, writes messages. Never writes anything else to its messages' stream.</summary>
public static class ChildMain
{
    /// <summary>Runs one part and returns the process's exit code; the failure itself travels as a message.</summary>
    /// <param name="input">Standard input: one line with a <see cref="ChildRequest"/>, then nothing until the parent ends.</param>
    /// <param name="output">Standard output: messages.</param>
    public static int Run(TextReader input, TextWriter output)
    {
        void Say(ChildMessage message)
        {
            output.WriteLine(message.ToLine());
            output.Flush();
        }

        PreferToBeKilled();
        ChildRequest request;
        try
        {
            request = JsonSerializer.Deserialize<ChildRequest>(input.ReadLine() ?? "", WireJson.Strict)!;
        }
        catch (JsonException mistake)
        {
            Say(new ChildMessage { Failure = new Failure(FailureClass.InvalidJob, $"The request is no valid JSON: {mistake.Message}", "Update the agent.") });
            return 1;
        }

        EndWithParent(input);
        try
        {
            var task = TaskCatalogue.Get(request.Cell.Task);
            var context = new CellContext(request.Cell, request.Seed, request.Budget, progress => Say(new ChildMessage { Progress = progress }))
            {
                Checkpoints = request.Checkpoints,
                QuietCore = request.QuietCore,
            };
            Say(new ChildMessage { Result = task.Run(request.Part, context) });
            return 0;
        }
        catch (Exception mistake)
        {
            // The top of the child: whatever happened becomes the cell's failure, with its stack in the log.
            Console.Error.WriteLine(mistake);
            Say(new ChildMessage { Failure = Classify(mistake) });
            return 1;
        }
    }

    /// <summary>The failure that an exception stands for.</summary>
    public static Failure Classify(Exception mistake) => mistake switch
    {
        CellFailedException failed => failed.Failure,
        OutOfMemoryException => OutOfMemory(mistake.Message),
        _ when mistake.Message.Contains("out of memory", StringComparison.OrdinalIgnoreCase)
            || mistake.Message.Contains("can't allocate memory", StringComparison.OrdinalIgnoreCase)
            || mistake.Message.Contains("bad_alloc", StringComparison.Ordinal) => OutOfMemory(mistake.Message),
        ArgumentException or NotSupportedException or KeyNotFoundException => new Failure(
            FailureClass.Unsupported, FirstLine(mistake), "No action needed unless you expected it to run; the log has the stack."),
        _ => new Failure(FailureClass.Crashed, $"{mistake.GetType().Name}: {FirstLine(mistake)}", "See the log of the run; the stack is in it."),
    };

    /// <summary>The failure of a cell that the device's memory does not hold.</summary>
    public static Failure OutOfMemory(string detail) => new(
        FailureClass.OutOfMemory, $"Out of memory: {detail.Split('\n')[0]}", "This is recorded as the capacity limit; no action needed.");

    private static string FirstLine(Exception mistake) => mistake.Message.Split('\n')[0];

    /// <summary>The parent keeps its end of the input open; when it dies, even by kill -9, the child must not go on using the device.</summary>
    internal static void EndWithParent(TextReader input) =>
        new Thread(() =>
        {
            while (input.ReadLine() is not null)
            {
            }

            Environment.Exit(143);
        })
        { IsBackground = true, Name = "parent watch" }.Start();

    /// <summary>If the machine runs out of memory, the kernel shall end this process and not the agent.</summary>
    private static void PreferToBeKilled()
    {
        try
        {
            if (OperatingSystem.IsLinux())
            {
                File.WriteAllText("/proc/self/oom_score_adj", "1000");
            }
        }
        catch (Exception mistake) when (mistake is IOException or UnauthorizedAccessException)
        {
            // A container may forbid it; the agent then relies on its own watch.
        }
    }
}
