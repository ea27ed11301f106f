using System.Globalization;
using Bench.Data.Tests;
using Bench.Domain.Leasing;
using Bench.Domain.Protocol;
using Microsoft.EntityFrameworkCore;

namespace Bench.Faults.Tests;

/// <summary>Agents at work on one suite.</summary>
internal sealed class Crew : IDisposable
{
    private const string MillisecondsPerCell = "40";
    private readonly string _folder;
    private readonly List<Victim> _agents = [];

    private Crew(string folder) => _folder = folder;

    /// <summary>Cells of the suite.</summary>
    public int Planned { get; private init; }

    /// <summary>Queues the cells, enrols the agents and starts them.</summary>
    /// <param name="test">Database.</param>
    /// <param name="addresses">Where the agents find their server, in turn.</param>
    /// <param name="agents">How many there are.</param>
    /// <param name="cells">How many cells the suite has.</param>
    /// <param name="processesPerKey">More than one is a mistake of the operator that must do no harm.</param>
    /// <param name="surroundings">What the agents' processes run in.</param>
    public static async Task<Crew> StartAsync(
        TestDatabase test, IReadOnlyList<Uri> addresses, int agents, int cells, int processesPerKey = 1, Surroundings? surroundings = null)
    {
        var crew = new Crew(surroundings?.Folder ?? Directory.CreateTempSubdirectory("bench-crew-").FullName) { Planned = cells };
        await test.QueueAsync("faults", [.. Enumerable.Range(1, cells)]);
        for (var i = 0; i < agents; i++)
        {
            var (code, _) = await test.AgentsAsync(store => store.NewCodeAsync("test"));
            var key = (await test.AgentsAsync(store => store.EnrollAsync(new EnrollmentRequest(code, $"agent-{i}"))))!.Key;
            for (var process = 0; process < processesPerKey; process++)
            {
                var folder = Path.Combine(crew._folder, $"{i}-{process}");
                crew._agents.Add(Victim.Of(
                    "Bench.Faults.Agent", surroundings ?? new Surroundings(), addresses[i % addresses.Count].ToString(), key, folder, MillisecondsPerCell));
            }
        }

        crew._agents.ForEach(agent => agent.Start());
        return crew;
    }

    /// <summary>Waits until some agent holds a lease, and kills it somewhere in the middle of its cell.</summary>
    public async Task KillOneAtWorkAsync(TestDatabase test, Random random)
    {
        string? name = null;
        while (name is null)
        {
            await Task.Delay(random.Next(30));
            await using var db = test.Open();
            name = await db.Jobs.Where(job => job.State == JobState.Leased || job.State == JobState.Running)
                .OrderByDescending(job => job.LeasedAt).Join(db.Agents, job => job.AgentId, agent => agent.Id, (_, agent) => agent.Name)
                .FirstOrDefaultAsync();
            if (name is null && !await db.Jobs.AnyAsync(job => job.State == JobState.Queued))
            {
                Assert.Fail("All work was done before the last round; plan more cells.");
            }
        }

        var victim = _agents[int.Parse(name["agent-".Length..], CultureInfo.InvariantCulture)];
        victim.Kill();
        victim.Start();
    }

    /// <summary>Starts again what has died, as a service manager does.</summary>
    /// <returns>How many had died.</returns>
    public int Revive()
    {
        var dead = _agents.Where(agent => !agent.IsAlive).ToList();
        dead.ForEach(agent => agent.Start());
        return dead.Count;
    }

    /// <summary>Result ids that the server has acknowledged, as the agents noted them.</summary>
    public List<string> Acknowledged() =>
        [.. Directory.GetFiles(_folder, "acknowledged", SearchOption.AllDirectories).SelectMany(File.ReadAllLines).Where(line => line.Length == 30)];

    /// <summary>What the agents wrote to their error output.</summary>
    public List<string> Complaints() => [.. _agents.SelectMany(agent => agent.Complaints)];

    public void Dispose()
    {
        _agents.ForEach(agent => agent.Dispose());
        Directory.Delete(_folder, recursive: true);
    }
}
