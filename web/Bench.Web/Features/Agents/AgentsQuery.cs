using Bench.Data;
using Bench.Data.Rows;
using Bench.Domain.Leasing;
using Bench.Domain.Protocol;
using Bench.Domain.Results;
using Microsoft.EntityFrameworkCore;

namespace Bench.Web.Features.Agents;

/// <summary>Reads agents, what they do, and why something is not running on them.</summary>
internal sealed class AgentsQuery(IDbContextFactory<BenchDbContext> contexts, TimeProvider clock)
{
    private static readonly TimeSpan OnlineFor = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LateFor = TimeSpan.FromSeconds(120);

    /// <summary>All agents by name.</summary>
    public async Task<IReadOnlyList<AgentSummary>> ListAsync(CancellationToken cancellation = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var agents = await db.Agents.AsNoTracking().OrderBy(row => row.Name).ToListAsync(cancellation);
        var work = await WorkAsync(db, cancellation);
        var since = clock.Now().AddDays(-1);
        // Index (agent_id, received_at) of runs.
        var results = await db.Runs.Where(row => row.ReceivedAt >= since).GroupBy(row => row.AgentId)
            .Select(group => new { group.Key, Count = group.Count() }).ToDictionaryAsync(row => row.Key, row => row.Count, cancellation);
        return [.. agents.Select(agent => Summary(agent, work[agent.Id].FirstOrDefault(), results.GetValueOrDefault(agent.Id)))];
    }

    /// <summary>One agent by id or name; null when there is none.</summary>
    public async Task<AgentDetail?> FindAsync(string idOrName, CancellationToken cancellation = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var agent = await db.Agents.AsNoTracking().SingleOrDefaultAsync(row => row.Id == idOrName || row.Name == idOrName, cancellation);
        if (agent is null)
        {
            return null;
        }

        var since = clock.Now().AddDays(-1);
        var recent = await db.Runs.CountAsync(row => row.AgentId == agent.Id && row.ReceivedAt >= since, cancellation);
        var work = await WorkAsync(db, cancellation);
        // Index (agent_id, leased_at) of attempts.
        var history = await db.Attempts.Where(row => row.AgentId == agent.Id).OrderByDescending(row => row.LeasedAt).Take(50)
            .Join(db.Jobs, attempt => attempt.JobId, job => job.Id, (attempt, job) => new { attempt, job })
            .OrderByDescending(row => row.attempt.LeasedAt)
            .Select(row => new AgentAttempt(
                row.attempt.Id, row.job.Id, row.job.Task, row.job.Implementation, row.attempt.State, row.attempt.LeasedAt, row.attempt.EndedAt,
                row.attempt.FailureClass, row.attempt.FailureMessage,
                db.Runs.Where(run => run.AttemptId == row.attempt.Id).Select(run => run.Id).FirstOrDefault()))
            .ToListAsync(cancellation);
        var keys = await db.ApiKeys.Where(row => row.AgentId == agent.Id).OrderByDescending(row => row.CreatedAt)
            .Select(row => new AgentKey(row.Prefix, row.CreatedAt, row.ExpiresAt, row.RevokedAt, row.LastUsedAt, row.Scopes)).ToListAsync(cancellation);
        var waiting = await db.Jobs.AsNoTracking().Where(row => row.State == JobState.Queued)
            .OrderByDescending(row => row.Priority).ThenBy(row => row.Turn).ThenBy(row => row.Id).Take(50).ToListAsync(cancellation);
        return new AgentDetail
        {
            Summary = Summary(agent, work[agent.Id].FirstOrDefault(), recent),
            EnrolledAt = agent.EnrolledAt,
            RegisteredAt = agent.RegisteredAt,
            Dtypes = agent.Dtypes,
            Implementations = agent.Implementations,
            Tasks = agent.Tasks,
            Environment = agent.Environment,
            ProtocolVersion = agent.ProtocolVersion,
            Keys = keys,
            History = history,
            NotTaken = [.. waiting.Select(job => (job, why: WhyNot(agent, job, clock.Now()))).Where(pair => pair.why is not null)
                .Select(pair => new NotTaken(pair.job.Id, pair.job.Task, pair.job.Implementation, pair.why!))],
        };
    }

    /// <summary>An agent as it sees itself.</summary>
    public async Task<AgentSelf> SelfAsync(string agentId, CancellationToken cancellation = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var agent = await db.Agents.Where(row => row.Id == agentId).Select(row => new { row.Name, row.State, row.StateReason }).SingleAsync(cancellation);
        // Index ix_jobs_leased.
        var held = await db.Jobs.Where(job => (job.State == JobState.Leased || job.State == JobState.Running) && job.AgentId == agentId)
            .Select(job => new HeldWork(job.Id, job.AttemptId!, job.Task, job.Implementation)).FirstOrDefaultAsync(cancellation);
        return new AgentSelf(agentId, agent.Name, agent.State, agent.StateReason, held);
    }

    /// <summary>The first requirement of a waiting job that an agent does not meet; null when it can take it now. The claim asks the same.</summary>
    public static string? WhyNot(AgentRow agent, JobRow job, DateTime now) => (agent, job) switch
    {
        ({ State: AgentState.Draining }, _) => "the agent is draining",
        ({ State: AgentState.Quarantined }, _) => $"the agent is quarantined: {agent.StateReason}",
        ({ State: AgentState.Retired }, _) => "the agent is retired",
        ({ RegisteredAt: null }, _) => "the agent has not said what it can run",
        _ when job.Device != agent.Device => $"it needs a {job.Device} device, the agent has {agent.Device}",
        _ when !agent.Dtypes.Contains(job.Dtype) => $"it needs {job.Dtype}, the agent runs {string.Join(", ", agent.Dtypes)}",
        _ when !agent.Implementations.Contains(job.Implementation) => $"the agent's build does not know '{job.Implementation}'",
        _ when !agent.Tasks.Contains(job.Task) => $"the agent's build does not know the task '{job.Task}'",
        _ when job.MinMemoryBytes > agent.MemoryBytes =>
            $"it needs {job.MinMemoryBytes >> 20} MiB of device memory, the agent has {agent.MemoryBytes >> 20} MiB",
        _ when job.AvoidAgentId == agent.Id => "it crashed on this agent and must run on another",
        _ when job.NotBefore > now => $"it waits until {job.NotBefore:HH:mm:ss}Z after a failure",
        _ => null,
    };

    private AgentSummary Summary(AgentRow agent, AgentWork? work, int results)
    {
        var age = agent.LastSeenAt is { } seen ? clock.Now() - seen : (TimeSpan?)null;
        var presence = age switch
        {
            null => AgentPresence.NeverSeen,
            _ when age < OnlineFor => AgentPresence.Online,
            _ when age < LateFor => AgentPresence.Late,
            _ => AgentPresence.Offline,
        };
        return new AgentSummary(
            agent.Id, agent.Name, agent.State, agent.StateReason, presence, age?.TotalSeconds, agent.LastSeenAt, agent.Device, agent.DeviceClass,
            agent.Environment.GetValueOrDefault("device.model", agent.DeviceClass), agent.MemoryBytes, agent.Version, agent.SpoolDepth, results, work);
    }

    private static async Task<ILookup<string, AgentWork>> WorkAsync(BenchDbContext db, CancellationToken cancellation)
    {
        // Index ix_jobs_leased.
        var rows = await db.Jobs.Where(job => job.State == JobState.Leased || job.State == JobState.Running)
            .Join(db.Attempts, job => job.AttemptId, attempt => attempt.Id, (job, attempt) => new { job, attempt })
            .Join(db.Cells, row => row.job.CellId, cell => cell.Id, (row, cell) => new { row.job, row.attempt, cell })
            .Select(row => new
            {
                row.attempt.AgentId,
                Work = new AgentWork(
                    row.job.Id, row.attempt.Id, row.cell.Task, row.cell.Implementation, row.cell.Pattern, row.cell.Length, row.attempt.Phase,
                    row.attempt.Progress, row.attempt.Message, row.attempt.LeasedAt, row.job.LeaseExpiresAt!.Value, row.job.HardLimitAt!.Value),
            })
            .ToListAsync(cancellation);
        return rows.ToLookup(row => row.AgentId, row => row.Work);
    }
}

/// <summary>How lately an agent was heard of.</summary>
internal enum AgentPresence
{
    NeverSeen,
    Online,
    Late,
    Offline,
}

/// <summary>An agent in a list.</summary>
internal sealed record AgentSummary(
    string Id, string Name, AgentState State, string? StateReason, AgentPresence Presence, double? AgeSeconds, DateTimeOffset? LastSeenAt,
    string Device, string DeviceClass, string DeviceModel, long MemoryBytes, string Version, int SpoolDepth, int ResultsLastDay, AgentWork? Work);

/// <summary>What an agent works on.</summary>
internal sealed record AgentWork(
    string JobId, string AttemptId, string Task, string Implementation, Domain.Matrix.AttentionPattern Pattern, int Length, string Phase,
    double Progress, string? Message, DateTimeOffset LeasedAt, DateTimeOffset LeaseExpiresAt, DateTimeOffset HardLimitAt);

/// <summary>One agent with everything that is known about it.</summary>
internal sealed record AgentDetail
{
    public required AgentSummary Summary { get; init; }
    public required DateTimeOffset EnrolledAt { get; init; }
    public DateTimeOffset? RegisteredAt { get; init; }
    public required IReadOnlyList<string> Dtypes { get; init; }
    public required IReadOnlyList<string> Implementations { get; init; }
    public required IReadOnlyList<string> Tasks { get; init; }
    public required RunEnvironment Environment { get; init; }
    public required int ProtocolVersion { get; init; }
    public required IReadOnlyList<AgentKey> Keys { get; init; }
    public required IReadOnlyList<AgentAttempt> History { get; init; }
    public required IReadOnlyList<NotTaken> NotTaken { get; init; }
}

/// <summary>A key of an agent, without its secret.</summary>
internal sealed record AgentKey(
    string Prefix, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt, DateTimeOffset? RevokedAt, DateTimeOffset? LastUsedAt,
    IReadOnlyList<string> Scopes);

/// <summary>A past or present attempt of an agent.</summary>
internal sealed record AgentAttempt(
    string AttemptId, string JobId, string Task, string Implementation, AttemptState State, DateTimeOffset LeasedAt, DateTimeOffset? EndedAt,
    FailureClass? Failure, string? Message, string? RunId);

/// <summary>A waiting job and why this agent does not take it.</summary>
internal sealed record NotTaken(string JobId, string Task, string Implementation, string Reason);
