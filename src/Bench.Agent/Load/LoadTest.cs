using System.Collections.Concurrent;
using System.Diagnostics;
using System.Security.Cryptography;
using Bench.Agent.Client;
using Bench.Agent.Commands;
using Bench.Agent.Up;
using Bench.Domain.Catalogue;
using Bench.Domain.Matrix;
using Bench.Domain.Protocol;
using Bench.Domain.Randomness;
using Bench.Domain.Results;
using Bench.Suites.Harness;

namespace Bench.Agent.Load;

/// <summary>
/// Many simulated agents against a real site in a process of its own: first they take leases as fast as they can, then they deliver the results of
/// all of them, some twice. Afterwards the server's own books must agree with what the agents saw.
/// </summary>
internal sealed class LoadTest(int agents, TimeSpan duration, Action<string> report)
{
    private const int CellsPerSuite = 5_000;
    private const int LengthStep = 8;
    private const int SamplesPerResult = 25;
    private const int EveryTwice = 50;
    private const int LeastJobsPerSecond = 1_500;

    private readonly ConcurrentQueue<string> _errors = new();
    private int _errorCount;

    /// <summary>Runs the whole test.</summary>
    /// <param name="data">Folder of the throwaway embedded database; Postgres where <c>ConnectionStrings__Bench</c> names one.</param>
    /// <param name="port">Wished port of the site.</param>
    /// <param name="cancellation">Ends it early.</param>
    /// <exception cref="InvalidDataException">The database has agents already: it is somebody's.</exception>
    public async Task<LoadReport> RunAsync(string data, int port, CancellationToken cancellation)
    {
        await PostgresSchema.MigrateAsync(cancellation);
        var codes = Enumerable.Range(0, agents).Select(_ => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16))).ToList();
        await using var site = await SiteProcess.StartAsync(data, port, string.Join(' ', codes), cancellation, new Dictionary<string, string>
        {
            // All agents come from one address, and hold many leases at once for longer than a real one would.
            ["RateLimits__SecretsPerMinute"] = "100000",
            ["RateLimits__WritesPerSecond"] = "100000",
            ["RateLimits__AddressPerSecond"] = "100000",
            ["RateLimits__AddressBurst"] = "100000",
            ["RateLimits__KeyPerSecond"] = "100000",
            ["RateLimits__KeyBurst"] = "100000",
            ["Leases__Expiry"] = "01:00:00",
            ["Leases__MinimumHardLimit"] = "02:00:00",
            ["Logging__LogLevel__Default"] = "Warning",
        });
        using (var visitor = new ServerClient(site.Address, key: null, TimeProvider.System))
        {
            if (await visitor.CountAgentsAsync(cancellation) > 0)
            {
                throw new InvalidDataException(
                    "This database has agents already. The load test fills a database with thousands of invented results; give it an empty one.");
            }
        }

        report($"Enrolling {agents} agents …");
        var clients = await EnrollAsync(site.Address, codes, cancellation);
        try
        {
            var suites = await FillAsync(clients[0], cancellation);
            report($"Taking leases for {duration.TotalSeconds / 2:0} s …");
            var (held, claims) = await ClaimAsync(clients, cancellation);
            report($"Delivering {held.Sum(each => each.Count)} results …");
            var (runs, doubled, results) = await DeliverAsync(clients, held, cancellation);
            var succeeded = 0;
            foreach (var suite in suites)
            {
                succeeded += (await clients[0].ProgressAsync(suite, cancellation)).Succeeded;
            }

            return new LoadReport
            {
                Database = PostgresSchema.IsUsed ? "postgres" : "sqlite",
                Agents = agents,
                Claims = claims,
                Results = results,
                DuplicateLeases = held.Sum(each => each.Count) - held.SelectMany(each => each).Select(assignment => assignment.JobId).Distinct().Count(),
                LostResults = runs.Distinct().Count() - succeeded,
                DoubledResults = doubled,
                Errors = _errorCount,
                ErrorMessages = [.. _errors.Take(5)],
            };
        }
        finally
        {
            clients.ForEach(client => client.Dispose());
        }
    }

    private static async Task<List<ServerClient>> EnrollAsync(Uri address, List<string> codes, CancellationToken cancellation)
    {
        var clients = new ServerClient[codes.Count];
        await Parallel.ForAsync(0, codes.Count, new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = cancellation }, async (i, stop) =>
        {
            using var visitor = new ServerClient(address, key: null, TimeProvider.System);
            var answer = await visitor.EnrollAsync(new EnrollmentRequest(codes[i], $"load-{i}"), stop);
            clients[i] = new ServerClient(address, answer.Key, TimeProvider.System);
            await clients[i].RegisterAsync(Registration(), stop);
        });
        return [.. clients];
    }

    /// <summary>Queues more cells than the agents can take in their time.</summary>
    private async Task<List<string>> FillAsync(ServerClient owner, CancellationToken cancellation)
    {
        var count = Math.Max(1, (int)Math.Ceiling(LeastJobsPerSecond * duration.TotalSeconds / 2 / CellsPerSuite));
        report($"Queueing {count * CellsPerSuite} cells …");
        var names = Enumerable.Range(0, count).Select(i => $"load-{i}").ToList();
        foreach (var (name, seed) in names.Select((name, i) => (name, i + 1)))
        {
            await owner.PushSuiteAsync(
                new SuitePlan
                {
                    Name = name,
                    Title = "Load test",
                    ContentHash = name,
                    Cells = [.. Enumerable.Range(1, CellsPerSuite).Select(i => new PlannedCell { Cell = CellOf(i * LengthStep), Seed = seed, EstimatedSeconds = 1 })],
                },
                cancellation);
            await owner.EnqueueAsync(new EnqueueRequest(name, SkipFinished: false), cancellation);
        }

        return names;
    }

    private async Task<(List<List<Assignment>> Held, Rate Rate)> ClaimAsync(List<ServerClient> clients, CancellationToken cancellation)
    {
        var latencies = new ConcurrentBag<double>();
        var clock = Stopwatch.StartNew();
        var until = duration / 2;
        var held = await Task.WhenAll(clients.Select(client => Task.Run(
            async () =>
            {
                var mine = new List<Assignment>();
                while (clock.Elapsed < until)
                {
                    var start = Stopwatch.GetTimestamp();
                    if (await TryAsync(() => client.ClaimAsync(new ClaimRequest(), cancellation)) is not { } assignment)
                    {
                        break;
                    }

                    latencies.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
                    mine.Add(assignment);
                }

                return mine;
            },
            cancellation)));
        return ([.. held], Rate.Of(latencies, clock.Elapsed.TotalSeconds));
    }

    private async Task<(List<string> Runs, int Doubled, Rate Rate)> DeliverAsync(
        List<ServerClient> clients, List<List<Assignment>> held, CancellationToken cancellation)
    {
        var (latencies, runs) = (new ConcurrentBag<double>(), new ConcurrentBag<string>());
        var doubled = 0;
        var environment = EnvironmentProbe.OfMachine();
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(clients.Zip(held, (client, mine) => Task.Run(
            async () =>
            {
                foreach (var (assignment, number) in mine.Select((assignment, number) => (assignment, number)))
                {
                    var result = ResultOf(assignment, environment);
                    var start = Stopwatch.GetTimestamp();
                    if (await TryAsync(() => client.SubmitAsync(assignment.AttemptId, result, cancellation)) is not { } answer)
                    {
                        continue;
                    }

                    latencies.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
                    runs.Add(answer.RunId);
                    if (number % EveryTwice == 0
                        && await TryAsync(() => client.SubmitAsync(assignment.AttemptId, result, cancellation)) is { } again && again.RunId != answer.RunId)
                    {
                        Interlocked.Increment(ref doubled);
                    }
                }
            },
            cancellation)));
        return ([.. runs], doubled, Rate.Of(latencies, clock.Elapsed.TotalSeconds));
    }

    /// <summary>The answer, or null after a failure, which is counted.</summary>
    private async Task<T?> TryAsync<T>(Func<Task<T>> call)
        where T : class?
    {
        try
        {
            return await call();
        }
        catch (ServerProblem problem)
        {
            Interlocked.Increment(ref _errorCount);
            _errors.Enqueue(problem.Message);
            return null;
        }
    }

    private static Cell CellOf(int length) => new()
    {
        Task = "efficiency/forward",
        Implementation = "softmax/sdpa",
        Pattern = AttentionPattern.CausalSelf,
        Batch = 1,
        Heads = 8,
        HeadSize = 64,
        Length = length,
        Dtype = "float32",
        Device = "cpu",
    };

    private static AgentRegistration Registration()
    {
        var whole = AgentCommand.Registration(spoolDepth: 0);
        return whole with
        {
            Catalogue = new CatalogueDocument
            {
                Implementations = [.. whole.Catalogue.Implementations.Where(entry => entry.Id == "softmax/sdpa")],
                Tasks = [.. whole.Catalogue.Tasks.Where(entry => entry.Id == "efficiency/forward")],
            },
        };
    }

    private static ResultSubmission ResultOf(Assignment assignment, RunEnvironment environment)
    {
        var random = new CounterRandom(assignment.Cell.Length, stream: assignment.Seed);
        var now = TimeProvider.System.GetUtcNow();
        return new ResultSubmission
        {
            ResultId = BenchId.New("res", now),
            LeaseToken = assignment.LeaseToken,
            Outcome = Outcome.Succeeded,
            Metrics = [MetricSamples.Of(Metric.TimeMs, [.. Enumerable.Range(0, SamplesPerResult).Select(_ => 1 + (random.Next(1_000) / 1e4))])],
            Correctness = new CorrectnessReport { Checked = true, Tolerance = 5e-4 },
            Environment = environment,
            StartedAt = now.AddSeconds(-1),
            FinishedAt = now,
        };
    }
}
