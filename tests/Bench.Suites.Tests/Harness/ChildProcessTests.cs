using System.Diagnostics;
using Bench.Domain.Matrix;
using Bench.Domain.Results;
using Bench.Suites.Harness;

namespace Bench.Suites.Tests.Harness;

/// <summary>The protocol is lines of text, so a shell script can play every kind of child.</summary>
public sealed class ChildProcessTests
{
    private static readonly Cell Cell = new() { Task = "efficiency/forward", Implementation = "softmax/naive", Pattern = AttentionPattern.CausalSelf, Length = 8 };

    [Fact]
    public async Task A_result_and_the_log_around_it_come_home()
    {
        var outcome = await RunAsync("""
            read request
            echo before
            echo '@bench {"progress":{"phase":"measure","share":0.5}}'
            echo '@bench {"result":{"facts":{"answer":42}}}'
            echo after >&2
            """);

        Assert.Null(outcome.Failure);
        Assert.Equal(42, outcome.Result!.Facts["answer"]);
        Assert.Equal(["after", "before"], outcome.Log.Order());
    }

    [Fact]
    public async Task A_child_that_dies_without_a_word_is_a_crash_with_its_log()
    {
        var outcome = await RunAsync("read request; echo 'last words' >&2; exit 3");

        Assert.Equal(FailureClass.Crashed, outcome.Failure!.Class);
        Assert.Contains("code 3", outcome.Failure.Message, StringComparison.Ordinal);
        Assert.Equal(["last words"], outcome.Log);
    }

    [Fact]
    public async Task A_child_that_the_kernel_kills_ran_out_of_memory()
    {
        var outcome = await RunAsync("read request; kill -9 $$");

        Assert.Equal(FailureClass.OutOfMemory, outcome.Failure!.Class);
    }

    [Fact]
    public async Task A_child_that_never_ends_is_stopped_at_its_limit()
    {
        var outcome = await RunAsync("read request; while true; do read -r line || exit 0; done", new Budget { TimeLimitSeconds = 0.2 });

        Assert.Equal(FailureClass.Timeout, outcome.Failure!.Class);
    }

    [Fact]
    public async Task A_child_that_does_not_read_its_request_is_a_crash_not_a_hang()
    {
        var outcome = await RunAsync("exit 7");

        Assert.Equal(FailureClass.Crashed, outcome.Failure!.Class);
    }

    [Fact]
    public async Task Half_a_message_is_log_and_no_result()
    {
        var outcome = await RunAsync("read request; printf '@bench {\"result\":{\"fac'; exit 1");

        Assert.NotNull(outcome.Failure);
        Assert.Null(outcome.Result);
    }

    [Fact]
    public async Task Cancelling_ends_the_child()
    {
        using var cancel = new CancellationTokenSource();
        var watch = Stopwatch.StartNew();

        var run = ChildProcess.RunAsync(
            Shell("echo '@bench {\"progress\":{\"phase\":\"measure\",\"share\":0}}'; read request; read forever"), Request(new Budget()),
            _ => cancel.Cancel(), cancel.Token);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30), "the child was not ended");
    }

    private static Task<ChildOutcome> RunAsync(string script, Budget? budget = null) =>
        ChildProcess.RunAsync(Shell(script), Request(budget ?? new Budget()), _ => { }, TestContext.Current.CancellationToken);

    private static ChildRequest Request(Budget budget) =>
        new() { Cell = Cell, Part = new CellPart("time-0", AllocatorKind.System), Seed = 1, Budget = budget };

    private static ChildCommand Shell(string script) => new("/bin/bash", ["-c", script]);
}
