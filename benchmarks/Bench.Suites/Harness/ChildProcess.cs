using System.Diagnostics;
using System.Text.Json;
using Bench.Domain.Protocol;
using Bench.Domain.Results;

namespace Bench.Suites.Harness;

/// <summary>How to start a child: the agent's own executable with a hidden command.</summary>
/// <param name="FileName">Executable.</param>
/// <param name="Arguments">Arguments before standard input is written.</param>
public sealed record ChildCommand(string FileName, IReadOnlyList<string> Arguments)
{
    /// <summary>This very program with its hidden command <c>cell-part</c>.</summary>
    public static ChildCommand Self() => Self("cell-part");

    /// <summary>This very program with other arguments.</summary>
    public static ChildCommand Self(params IEnumerable<string> arguments) =>
        Path.GetFileNameWithoutExtension(Environment.ProcessPath!) is "dotnet"
            ? new ChildCommand(Environment.ProcessPath!, [Environment.GetCommandLineArgs()[0], .. arguments])
            : new ChildCommand(Environment.ProcessPath!, [.. arguments]);
}

/// <summary>How a child process ended.</summary>
/// <param name="Result">What it brought, or null.</param>
/// <param name="Failure">Why it brought nothing, or null.</param>
/// <param name="Log">Its last lines of output.</param>
public sealed record ChildOutcome(PartResult? Result, Failure? Failure, IReadOnlyList<string> Log);

/// <summary>Runs one part in a process of its own, with limits on time and memory.</summary>
public static class ChildProcess
{
    /// <summary>Lines of log kept.</summary>
    public const int LogLines = 200;

    /// <summary>Share of the machine's memory that a child may hold before it counts as out of memory.</summary>
    private const double MemoryShare = 0.8;

    private static readonly TimeSpan WatchInterval = TimeSpan.FromMilliseconds(50);

    /// <summary>Starts the child, feeds the request, listens, and ends it when a limit passes.</summary>
    /// <param name="command">How to start it.</param>
    /// <param name="request">What it shall do.</param>
    /// <param name="report">Receives its progress.</param>
    /// <param name="cancellation">Ends the child at once.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled; the child is gone.</exception>
    public static async Task<ChildOutcome> RunAsync(
        ChildCommand command, ChildRequest request, Action<PartProgress> report, CancellationToken cancellation)
    {
        var log = new Queue<string>();
        ChildMessage? last = null;
        void Keep(string? line)
        {
            if (line is null)
            {
                return;
            }

            lock (log)
            {
                if (ChildMessage.FromLine(line) is { } message)
                {
                    last = message.Progress is null ? message : last;
                    if (message.Progress is { } progress)
                    {
                        report(progress);
                    }
                }
                else
                {
                    log.Enqueue(line);
                    if (log.Count > LogLines)
                    {
                        log.Dequeue();
                    }
                }
            }
        }

        using var process = new Process { StartInfo = StartInfo(command, request) };
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        Failure? ended = null;
        try
        {
            // The input stays open: its end tells the child that its parent is gone.
            await process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(request, WireJson.Strict).AsMemory(), cancellation);
            await process.StandardInput.FlushAsync(cancellation);
            ended = await WatchAsync(process, request.Budget, cancellation);
        }
        catch (IOException)
        {
            // The child died before it read its request; its exit code below says more.
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }

            // Without the token: output that is still in the pipes must be read to the end.
            await process.WaitForExitAsync(CancellationToken.None);
        }

        lock (log)
        {
            var failure = ended ?? last?.Failure ?? (last?.Result is null ? Died(process.ExitCode) : null);
            return new ChildOutcome(failure is null ? last!.Result : null, failure, [.. log]);
        }
    }

    private static async Task<Failure?> WatchAsync(Process process, Budget budget, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        var most = (long)(MemoryShare * ProcessMemory.Available());
        var exit = process.WaitForExitAsync(cancellation);
        while (true)
        {
            if (await Task.WhenAny(exit, Task.Delay(WatchInterval, cancellation)) == exit)
            {
                await exit;
                return null;
            }

            cancellation.ThrowIfCancellationRequested();
            if (clock.Elapsed.TotalSeconds > budget.TimeLimitSeconds)
            {
                return new Failure(
                    FailureClass.Timeout, $"The part took longer than {budget.TimeLimitSeconds:0} s and was stopped.",
                    "This is recorded as a time-out; raise timeLimitSeconds in the suite's budget to try longer.");
            }

            if (OperatingSystem.IsLinux() && ProcessMemory.Resident(process.Id) is var resident && resident > most)
            {
                return ChildMain.OutOfMemory($"the process held {resident >> 20} MiB; {most >> 20} MiB are allowed on this machine.");
            }
        }
    }

    private static ProcessStartInfo StartInfo(ChildCommand command, ChildRequest request)
    {
        var start = new ProcessStartInfo(command.FileName, command.Arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var (name, value) in Allocator.Environment(request.Part.Allocator))
        {
            start.Environment[name] = value;
        }

        start.Environment["OMP_NUM_THREADS"] = request.Budget.Threads.ToString(System.Globalization.CultureInfo.InvariantCulture);
        // One process does one thing once: profiles for a further compilation would not be used.
        start.Environment["DOTNET_TieredPGO"] = "0";
        if (request.Part.CompilesOnce)
        {
            // The tiers' background compiler took up to 0.6 of a processor during the first second of passes.
            start.Environment["DOTNET_TieredCompilation"] = "0";
        }

        return start;
    }

    private static Failure Died(int exitCode) => exitCode == 137
        ? ChildMain.OutOfMemory("the kernel ended the process (signal 9).")
        : new Failure(
            FailureClass.Crashed,
            exitCode > 128 ? $"The process was ended by signal {exitCode - 128}." : $"The process ended with code {exitCode} and no result.",
            "See the log of the run. It is tried once more; report it if it stays.");
}
