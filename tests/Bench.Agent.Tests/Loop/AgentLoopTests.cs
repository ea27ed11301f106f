using System.Net;
using Bench.Agent.Client;
using Bench.Agent.Loop;
using Bench.Domain.Catalogue;
using Bench.Domain.Matrix;
using Bench.Domain.Protocol;
using Bench.Domain.Results;
using Bench.Suites.Harness;

namespace Bench.Agent.Tests.Loop;

public sealed class AgentLoopTests : IDisposable, IAgentWatcher
{
    private static readonly RunEnvironment Machine = new() { ["os"] = "test" };
    private readonly string _folder = Directory.CreateTempSubdirectory("agent").FullName;
    private readonly List<string> _warnings = [];
    private int _claims;

    [Fact]
    public async Task What_the_spool_holds_is_sent_before_the_agent_says_it_holds_nothing()
    {
        var spool = new Spool(_folder);
        spool.Add(SpoolTests.Result("res_old"));
        var server = new FakeServer((path, _) => path.EndsWith("claims", StringComparison.Ordinal) ? (HttpStatusCode.NoContent, null) : Accept(path));

        await RunAsync(server, spool, Script("exit 0"));

        var paths = server.Requests.Select(request => request.Path).ToList();
        Assert.True(paths.FindIndex(path => path.Contains("result", StringComparison.Ordinal)) < paths.FindIndex(path => path.Contains("agents/me", StringComparison.Ordinal)));
        Assert.Equal(0, spool.Depth);
    }

    [Fact]
    public async Task A_leased_cell_is_run_spooled_and_submitted_once()
    {
        var server = Queue();

        await RunAsync(server, new Spool(_folder), Script("read r; echo '@bench {\"result\":{\"metrics\":[{\"name\":\"timeMs\",\"unit\":\"ms\",\"better\":\"lower\",\"samples\":[1,2,3]}]}}'"));

        var submission = Assert.Single(server.Sent<ResultSubmission>("result"));
        Assert.Equal(Outcome.Succeeded, submission.Outcome);
        // Three from each process, however many a cell takes.
        Assert.Equal(Enumerable.Repeat<double[]>([1, 2, 3], submission.Metrics[0].Samples.Count / 3).SelectMany(samples => samples), submission.Metrics[0].Samples);
        Assert.Equal(0, new Spool(_folder).Depth);
        Assert.NotEmpty(server.Sent<Heartbeat>("heartbeat"));
    }

    [Fact]
    public async Task A_crash_is_a_failure_with_its_log_and_no_number()
    {
        var server = Queue();

        await RunAsync(server, new Spool(_folder), Script("read r; echo 'it broke' >&2; exit 5"));

        var submission = Assert.Single(server.Sent<ResultSubmission>("result"));
        Assert.Equal((Outcome.Failed, FailureClass.Crashed), (submission.Outcome, submission.Failure!.Class));
        Assert.Contains("it broke", submission.LogTail, StringComparison.Ordinal);
        Assert.Empty(submission.Metrics);
    }

    [Fact]
    public async Task A_lost_lease_ends_the_work_and_sends_nothing()
    {
        var server = Queue(heartbeat: (HttpStatusCode.Conflict, FakeServer.Problem("lease-lost", "The lease is no longer held", "It expired.")));

        await RunAsync(server, new Spool(_folder), Script("read r; read forever"));

        Assert.Empty(server.Sent<ResultSubmission>("result"));
        Assert.Contains(_warnings, warning => warning.Contains("expired", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_cancelled_job_is_stopped_and_reported_as_cancelled()
    {
        var server = Queue(heartbeat: (HttpStatusCode.OK, new HeartbeatAnswer(DateTimeOffset.UnixEpoch, Cancel: true)));

        await RunAsync(server, new Spool(_folder), Script("read r; read forever"));

        Assert.Equal(FailureClass.Cancelled, Assert.Single(server.Sent<ResultSubmission>("result")).Failure!.Class);
    }

    [Fact]
    public async Task A_cell_that_outlives_its_hard_limit_is_a_time_out()
    {
        var server = Queue(hardLimitSeconds: 1);

        await RunAsync(server, new Spool(_folder), Script("read r; read forever"));

        Assert.Equal(FailureClass.Timeout, Assert.Single(server.Sent<ResultSubmission>("result")).Failure!.Class);
    }

    [Fact]
    public async Task A_result_that_the_server_will_never_accept_is_set_aside_and_the_loop_goes_on()
    {
        var spool = new Spool(_folder);
        spool.Add(SpoolTests.Result("res_bad"));
        var server = new FakeServer((path, _) =>
            path.Contains("result", StringComparison.Ordinal) ? (HttpStatusCode.BadRequest, FakeServer.Problem("validation-failed", "The result is not valid", "samples is empty."))
            : path.EndsWith("claims", StringComparison.Ordinal) ? (HttpStatusCode.NoContent, null)
            : Accept(path));

        await RunAsync(server, spool, Script("exit 0"));

        Assert.Equal(0, spool.Depth);
        Assert.True(File.Exists(Path.Combine(_folder, "bad", "res_bad.json")));
    }

    [Fact]
    public async Task A_result_waits_on_disk_while_the_key_is_refused()
    {
        var spool = new Spool(_folder);
        spool.Add(SpoolTests.Result("res_1"));
        var server = new FakeServer((_, _) => (HttpStatusCode.Unauthorized, FakeServer.Problem("unauthenticated", "The key is not valid", "It was revoked.")));

        var problem = await Assert.ThrowsAsync<ServerProblem>(() => RunAsync(server, spool, Script("exit 0")));

        Assert.Equal(ExitCode.Forbidden, problem.ExitCode);
        Assert.Equal(1, spool.Depth);
    }

    [Fact]
    public async Task An_unreadable_budget_is_an_invalid_job_not_a_dead_agent()
    {
        var server = Queue(budget: new SortedDictionary<string, string> { ["procesess"] = "3" });

        await RunAsync(server, new Spool(_folder), Script("exit 0"));

        Assert.Equal(FailureClass.InvalidJob, Assert.Single(server.Sent<ResultSubmission>("result")).Failure!.Class);
    }

    [Fact]
    public async Task A_result_that_finds_no_room_on_disk_is_sent_at_once()
    {
        var server = Queue();
        var spool = new Spool(Path.Combine(_folder, "spool"));
        // The cell itself puts a file in the place of the folder.
        var cell = Script($"read r; rm -r '{_folder}/spool'; touch '{_folder}/spool'; " + "echo '@bench {\"result\":{\"metrics\":[{\"name\":\"timeMs\",\"unit\":\"ms\",\"better\":\"lower\",\"samples\":[1,2,3]}]}}'");

        await Assert.ThrowsAnyAsync<IOException>(() => RunAsync(server, spool, cell));

        Assert.Equal(Outcome.Succeeded, Assert.Single(server.Sent<ResultSubmission>("result")).Outcome);
        Assert.Contains(_warnings, warning => warning.Contains("Make room", StringComparison.Ordinal));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    void IAgentWatcher.Started(Assignment assignment)
    {
    }

    void IAgentWatcher.Progressed(Assignment assignment, PartProgress progress)
    {
    }

    void IAgentWatcher.Finished(Assignment assignment, ResultSubmission submission)
    {
    }

    void IAgentWatcher.Warn(string message) => _warnings.Add(message);

    private FakeServer Queue(
        (HttpStatusCode, object?)? heartbeat = null, int hardLimitSeconds = 60, SortedDictionary<string, string>? budget = null) => new((path, _) =>
        path.EndsWith("claims", StringComparison.Ordinal)
            ? Interlocked.Increment(ref _claims) == 1 ? (HttpStatusCode.OK, Work(hardLimitSeconds, budget)) : (HttpStatusCode.NoContent, null)
            : path.Contains("heartbeat", StringComparison.Ordinal)
                ? heartbeat ?? (HttpStatusCode.OK, new HeartbeatAnswer(DateTimeOffset.UnixEpoch, Cancel: false))
                : Accept(path));

    private static (HttpStatusCode, object?) Accept(string path) => path.Contains("result", StringComparison.Ordinal)
        ? (HttpStatusCode.Created, new ResultAnswer("run_1", Late: false))
        : (HttpStatusCode.OK, new { id = "agt_1" });

    private static Assignment Work(int hardLimitSeconds, SortedDictionary<string, string>? budget) => new()
    {
        AttemptId = "att_1",
        JobId = "job_1",
        LeaseToken = "token",
        LeaseExpiresAt = DateTimeOffset.UnixEpoch,
        HeartbeatSeconds = 1,
        HardLimitSeconds = hardLimitSeconds,
        Suite = "test",
        Cell = new Cell { Task = "efficiency/forward", Implementation = "softmax/naive", Pattern = AttentionPattern.CausalSelf, Length = 8 },
        Seed = 1,
        Budget = budget ?? new(StringComparer.Ordinal),
    };

    private async Task RunAsync(FakeServer server, Spool spool, ChildCommand child)
    {
        using var client = new ServerClient(new Uri("http://bench.test/"), "ab_agent_x", TimeProvider.System, server) { RetryBudget = TimeSpan.Zero };
        var registration = new AgentRegistration
        {
            Version = "1",
            Capabilities = new AgentCapabilities { Device = "cpu", DeviceClass = "cpu", MemoryBytes = 1, Dtypes = ["float32"] },
            Environment = Machine,
            Catalogue = new CatalogueDocument { Implementations = [], Tasks = [] },
        };
        var loop = new AgentLoop(client, spool, new CellRunner(child, Machine), Machine, this, TimeProvider.System);
        await loop.RunAsync(registration, _ => Task.FromResult(true), TestContext.Current.CancellationToken);
    }

    private static ChildCommand Script(string script) => new("/bin/bash", ["-c", script]);
}
