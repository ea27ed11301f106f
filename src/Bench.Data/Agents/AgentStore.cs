using Bench.Data.Rows;
using Bench.Domain.Catalogue;
using Bench.Domain.Leasing;
using Bench.Domain.Protocol;
using Microsoft.EntityFrameworkCore;

namespace Bench.Data.Agents;

/// <summary>Enrols agents, keeps what they say about themselves, drains, resumes, rotates and retires them.</summary>
public sealed class AgentStore(BenchDbContext db, KeyRing keys, TimeProvider clock)
{
    /// <summary>How long a code of a maintainer works.</summary>
    public static TimeSpan CodeLifetime { get; } = TimeSpan.FromMinutes(15);

    /// <summary>A busy agent asks many times a second; its last sign of life is kept to this.</summary>
    private static readonly TimeSpan SeenInterval = TimeSpan.FromSeconds(2);

    /// <summary>Makes a one-time code.</summary>
    public async Task<(string Code, DateTime ExpiresAt)> NewCodeAsync(string actor, CancellationToken cancellation = default)
    {
        var code = Secrets.NewToken();
        var expires = clock.Now() + CodeLifetime;
        await SeedCodeAsync(code, actor, expires, cancellation);
        return (code, expires);
    }

    /// <summary>Makes a given code valid once, unless it was seen before.</summary>
    public async Task SeedCodeAsync(string code, string actor, DateTime expires, CancellationToken cancellation = default)
    {
        var hash = Secrets.Hash(code);
        if (await db.EnrollmentCodes.AnyAsync(row => row.Hash == hash, cancellation))
        {
            return;
        }

        db.EnrollmentCodes.Add(new EnrollmentCodeRow { Hash = hash, CreatedBy = actor, CreatedAt = clock.Now(), ExpiresAt = expires });
        db.Audit.Add(Audit(actor, "enrollment.code-created", hash[..12]));
        await db.SaveChangesAsync(cancellation);
    }

    /// <summary>Exchanges a code for a key. A name that is known gets a further key for the same agent.</summary>
    /// <returns>Null when the code is unknown, used or expired.</returns>
    public Task<EnrollmentAnswer?> EnrollAsync(EnrollmentRequest request, CancellationToken cancellation = default) =>
        db.RetryAsync(() => TryEnrollAsync(request, cancellation));

    /// <summary>Keeps what an agent says about itself, and what its build can run.</summary>
    public Task<AgentRow> RegisterAsync(
        string agentId, AgentRegistration registration, int protocolVersion, CancellationToken cancellation = default) =>
        db.RetryAsync(() => TryRegisterAsync(agentId, registration, protocolVersion, cancellation));

    /// <summary>An agent that asks for work, as far as a claim depends on it, noted as alive.</summary>
    public async Task<AgentRow> MeetAsync(string agentId, int spoolDepth, CancellationToken cancellation = default)
    {
        // Not the environment and the lists of implementations and tasks, which are long and stay in the database.
        var agent = await db.Agents.AsNoTracking().Where(row => row.Id == agentId).Select(row => new AgentRow
        {
            Id = row.Id,
            Name = row.Name,
            State = row.State,
            EnrolledAt = row.EnrolledAt,
            RegisteredAt = row.RegisteredAt,
            LastSeenAt = row.LastSeenAt,
            Device = row.Device,
            SpoolDepth = row.SpoolDepth,
        }).SingleAsync(cancellation);
        if (agent.SpoolDepth != spoolDepth || agent.LastSeenAt is not { } seen || clock.Now() - seen >= SeenInterval)
        {
            await NoteSeenAsync(agentId, spoolDepth, cancellation);
        }

        return agent;
    }

    /// <summary>Notes that an agent is alive.</summary>
    public async Task NoteSeenAsync(string agentId, int? spoolDepth, CancellationToken cancellation = default)
    {
        var now = clock.Now();
        await db.Agents.Where(row => row.Id == agentId).ExecuteUpdateAsync(
            set => set.SetProperty(row => row.LastSeenAt, now).SetProperty(row => row.SpoolDepth, row => spoolDepth ?? row.SpoolDepth),
            cancellation);
    }

    /// <summary>Drains, resumes or retires an agent for a maintainer. Retiring withdraws its keys at once.</summary>
    /// <returns>False when there is no such agent, or its state does not permit it (<see cref="AgentMachine"/>).</returns>
    public async Task<bool> ChangeStateAsync(string agentId, AgentState state, string actor, CancellationToken cancellation = default) =>
        await ChangeAsync(agentId, actor, MoveTo(state, actor, isMaintainer: true), cancellation) == AgentChange.Done;

    /// <summary>The move to a state that somebody asks for.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Nobody asks for a quarantine; it follows from what the agent does.</exception>
    public static Func<AgentSnapshot, AgentSnapshot?> MoveTo(AgentState state, string actor, bool isMaintainer) => state switch
    {
        AgentState.Draining => agent => AgentMachine.Drain(agent, actor),
        AgentState.Active => agent => AgentMachine.Resume(agent, actor, isMaintainer),
        AgentState.Retired => agent => AgentMachine.Retire(agent, actor),
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "An agent can be drained, resumed and retired."),
    };

    /// <summary>Moves an agent to another state and says so in the audit log.</summary>
    public async Task<AgentChange> ChangeAsync(
        string agentId, string actor, Func<AgentSnapshot, AgentSnapshot?> move, CancellationToken cancellation = default)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        if (await db.ReadAgentAsync(agentId, cancellation) is not { } before)
        {
            return AgentChange.Unknown;
        }

        if (move(before) is not { } after)
        {
            return AgentChange.Refused;
        }

        if (after == before)
        {
            return AgentChange.Done;
        }

        if (!await db.WriteAgentAsync(agentId, before, after, cancellation))
        {
            // Somebody moved it in between; the move may be wrong by now.
            await transaction.RollbackAsync(cancellation);
            return await ChangeAsync(agentId, actor, move, cancellation);
        }

        if (after.State == AgentState.Retired)
        {
            var now = clock.Now();
            await db.ApiKeys.Where(row => row.AgentId == agentId && row.RevokedAt == null)
                .ExecuteUpdateAsync(set => set.SetProperty(row => row.RevokedAt, now), cancellation);
        }

        db.Audit.Add(Audit(actor, $"agent.{after.State.ToString().ToLowerInvariant()}", agentId));
        await db.SaveChangesAsync(cancellation);
        await transaction.CommitAsync(cancellation);
        return AgentChange.Done;
    }

    /// <summary>An agent said how far its clock is ahead of the server's.</summary>
    public async Task NoteClockAsync(string agentId, TimeSpan skew, CancellationToken cancellation = default)
    {
        if (skew.Duration() > AgentMachine.LargestClockSkew)
        {
            await ChangeAsync(agentId, "system", agent => AgentMachine.NoteClock(agent, skew), cancellation);
        }
    }

    /// <summary>Gives an agent a new key; the old ones work for ten more minutes.</summary>
    public async Task<string> RotateAsync(string agentId, string actor, CancellationToken cancellation = default)
    {
        var now = clock.Now();
        var until = now + KeyRing.RotationOverlap;
        var agent = await db.Agents.SingleAsync(row => row.Id == agentId, cancellation);
        var old = await db.ApiKeys.Where(row => row.AgentId == agentId && row.RevokedAt == null && (row.ExpiresAt == null || row.ExpiresAt > until))
            .ToListAsync(cancellation);
        old.ForEach(key => key.ExpiresAt = until);
        var scopes = old.SelectMany(key => key.Scopes).Distinct().DefaultIfEmpty(Scopes.ClaimJobs);
        var added = keys.Add(agent.Name, agentId, null, old.Count > 0 ? scopes : Scopes.Agent);
        db.Audit.Add(Audit(actor, "agent.key-rotated", agentId));
        await db.SaveChangesAsync(cancellation);
        return added;
    }

    private async Task<EnrollmentAnswer?> TryEnrollAsync(EnrollmentRequest request, CancellationToken cancellation)
    {
        var now = clock.Now();
        var hash = Secrets.Hash(request.Code);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        // The condition is in the update, so that of two requests with one code only one gets a key.
        var used = await db.EnrollmentCodes.Where(row => row.Hash == hash && row.UsedAt == null && row.ExpiresAt > now)
            .ExecuteUpdateAsync(set => set.SetProperty(row => row.UsedAt, now), cancellation);
        if (used == 0)
        {
            return null;
        }

        var code = await db.EnrollmentCodes.SingleAsync(row => row.Hash == hash, cancellation);
        var agent = await db.Agents.SingleOrDefaultAsync(row => row.Name == request.Name, cancellation);
        if (agent is null)
        {
            agent = new AgentRow { Id = BenchId.New("agt", clock), Name = request.Name, State = AgentMachine.Enrol(null).State, EnrolledAt = now };
            db.Agents.Add(agent);
        }
        else
        {
            var enrolled = AgentMachine.Enrol(agent.ToSnapshot());
            (agent.State, agent.StateReason, agent.InfrastructureFailures) = (enrolled.State, enrolled.Reason, enrolled.InfrastructureFailures);
        }

        code.AgentId = agent.Id;
        var key = keys.Add(request.Name, agent.Id, null, code.CreatedBy == "system" ? Scopes.LocalAgent : Scopes.Agent);
        db.Audit.Add(Audit($"code:{hash[..12]}", "agent.enrolled", agent.Id));
        await db.SaveChangesAsync(cancellation);
        await transaction.CommitAsync(cancellation);
        return new EnrollmentAnswer(agent.Id, agent.Name, key);
    }

    private async Task<AgentRow> TryRegisterAsync(
        string agentId, AgentRegistration registration, int protocolVersion, CancellationToken cancellation)
    {
        var now = clock.Now();
        var agent = await db.Agents.SingleAsync(row => row.Id == agentId, cancellation);
        agent.RegisteredAt = now;
        agent.LastSeenAt = now;
        agent.Version = registration.Version;
        agent.Device = registration.Capabilities.Device;
        agent.DeviceClass = registration.Capabilities.DeviceClass;
        agent.MemoryBytes = registration.Capabilities.MemoryBytes;
        agent.Dtypes = [.. registration.Capabilities.Dtypes];
        agent.SpoolDepth = registration.Capabilities.SpoolDepth;
        agent.Implementations = [.. registration.Catalogue.Implementations.Select(entry => entry.Id)];
        agent.Tasks = [.. registration.Catalogue.Tasks.Select(entry => entry.Id)];
        agent.Environment = registration.Environment;
        agent.BuildHash = registration.Environment.GetValueOrDefault("build.hash", "");
        agent.ProtocolVersion = protocolVersion;
        if (agent.ComparabilityKey.Length == 0)
        {
            agent.ComparabilityKey = registration.Environment.ComparabilityKey();
        }

        await StoreCatalogueAsync(registration.Catalogue, now, cancellation);
        await db.SaveChangesAsync(cancellation);
        return agent;
    }

    private async Task StoreCatalogueAsync(CatalogueDocument catalogue, DateTime now, CancellationToken cancellation)
    {
        var implementations = await db.Implementations.ToDictionaryAsync(row => row.Id, cancellation);
        foreach (var entry in catalogue.Implementations)
        {
            if (implementations.TryGetValue(entry.Id, out var row))
            {
                (row.Entry, row.UpdatedAt) = (entry, now);
            }
            else
            {
                db.Implementations.Add(new ImplementationRow { Id = entry.Id, Mechanism = entry.Id.Split('/')[0], Entry = entry, UpdatedAt = now });
            }
        }

        var tasks = await db.Tasks.ToDictionaryAsync(row => row.Id, cancellation);
        foreach (var entry in catalogue.Tasks)
        {
            if (tasks.TryGetValue(entry.Id, out var row))
            {
                (row.Entry, row.UpdatedAt) = (entry, now);
            }
            else
            {
                db.Tasks.Add(new TaskRow { Id = entry.Id, Entry = entry, UpdatedAt = now });
            }
        }
    }

    private AuditRow Audit(string actor, string action, string subject) =>
        new() { Id = BenchId.New("aud", clock), At = clock.Now(), Actor = actor, Action = action, Subject = subject };
}

/// <summary>What became of a change that somebody asked for.</summary>
public enum AgentChange
{
    /// <summary>The agent is as it was asked to be.</summary>
    Done,

    /// <summary>There is no such agent.</summary>
    Unknown,

    /// <summary>Its state does not permit it, or this caller may not.</summary>
    Refused,
}
