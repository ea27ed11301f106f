using System.Security.Claims;
using Bench.Data.Agents;
using Bench.Data.Queue;
using Bench.Domain.Leasing;
using Bench.Domain.Protocol;
using Bench.Web.Api;
using Bench.Web.Auth;
using Bench.Web.Features.Jobs;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Bench.Web.Features.Agents;

/// <summary>Agents: what they say about themselves, and what maintainers do with them.</summary>
internal static class AgentEndpoints
{
    public static RouteGroupBuilder MapAgents(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/agents").WithTags("Agents");
        group.MapGet("/", List).WithName("ListAgents").WithSummary("All agents with their present work");
        group.MapGet("/{id}", Find).WithName("GetAgent").WithSummary("One agent with what it could and could not take").ProducesProblem(404);
        group.MapGet("/me", Self).WithName("GetOwnAgent").RequireAuthorization(Scopes.ClaimJobs).AddEndpointFilter<Protocol>()
            .WithSummary("How the server sees the agent whose key is sent").ProducesProblem(401).ProducesProblem(403);
        group.MapPut("/me", Register).WithName("RegisterAgent").RequireAuthorization(Scopes.ClaimJobs).AddEndpointFilter<Protocol>()
            .WithBodyLimit(4 << 20).WithSummary("Say what this agent is and can run, and that it holds no lease").ProducesProblem(400).ProducesProblem(401).ProducesProblem(403);
        group.MapPost("/me/key", RotateOwn).WithName("RotateOwnKey").RequireAuthorization(Scopes.ClaimJobs).AddEndpointFilter<Protocol>()
            .WithSummary("Get a new key; the present one works for ten more minutes").ProducesProblem(401).ProducesProblem(403);
        MapOwnChange(group, "drain", "DrainOwn", AgentState.Draining, "Finish what this agent holds and take nothing new");
        MapOwnChange(group, "resume", "ResumeOwn", AgentState.Active, "Claim again after a drain that this agent asked for itself");
        MapChange(group, "drain", "DrainAgent", AgentState.Draining, "Let an agent finish what it holds and give it nothing new");
        MapChange(group, "resume", "ResumeAgent", AgentState.Active, "Let a draining or quarantined agent claim again");
        MapChange(group, "revocation", "RetireAgent", AgentState.Retired, "Withdraw all keys of an agent at once");
        return group;
    }

    private static void MapChange(RouteGroupBuilder group, string verb, string name, AgentState state, string summary) =>
        group.MapPost($"/{{id}}/{verb}", (string id, ClaimsPrincipal caller, AgentStore agents, CancellationToken cancellation) =>
                Change(id, state, caller, isMaintainer: true, agents, cancellation))
            .WithName(name).RequireAuthorization(Scopes.Administer).WithMetadata(new ReplayableAttribute()).WithSummary(summary)
            .ProducesProblem(401).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    private static void MapOwnChange(RouteGroupBuilder group, string verb, string name, AgentState state, string summary) =>
        group.MapPost($"/me/{verb}", (ClaimsPrincipal caller, AgentStore agents, CancellationToken cancellation) =>
                Change(caller.AgentId(), state, caller, isMaintainer: false, agents, cancellation))
            .WithName(name).RequireAuthorization(Scopes.ClaimJobs).AddEndpointFilter<Protocol>().WithMetadata(new ReplayableAttribute()).WithSummary(summary)
            .ProducesProblem(401).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    private static async Task<Ok<IReadOnlyList<AgentSummary>>> List(AgentsQuery query, CancellationToken cancellation) =>
        TypedResults.Ok(await query.ListAsync(cancellation));

    private static async Task<Results<Ok<AgentDetail>, ProblemHttpResult>> Find(string id, AgentsQuery query, CancellationToken cancellation) =>
        await query.FindAsync(id, cancellation) is { } agent
            ? TypedResults.Ok(agent)
            : ProblemKind.NotFound.Because($"There is no agent '{id}'. GET /api/v1/agents lists them.");

    private static async Task<Results<Ok<AgentSelf>, ProblemHttpResult>> Self(ClaimsPrincipal caller, AgentsQuery query, CancellationToken cancellation) =>
        caller.AgentId() is { } agentId
            ? TypedResults.Ok(await query.SelfAsync(agentId, cancellation))
            : ProblemKind.Forbidden.Because("Only an enrolled agent can ask this; this key belongs to a person.");

    private static async Task<Results<Ok<RegisteredAgent>, ProblemHttpResult>> Register(
        AgentRegistration registration, HttpContext http, AgentStore agents, LeaseSweep sweep, WorkSignal signal, CancellationToken cancellation)
    {
        if (WireRules.Check(registration) is { Count: > 0 } mistakes)
        {
            return Problems.Mistakes(mistakes);
        }

        if (http.User.AgentId() is not { } agentId)
        {
            return ProblemKind.Forbidden.Because("Only an enrolled agent can register; this key belongs to a person.");
        }

        await agents.NoteClockAsync(agentId, Protocol.ClockSkewOf(http), cancellation);
        var agent = await agents.RegisterAsync(agentId, registration, Protocol.VersionOf(http), cancellation);
        if (await sweep.AbandonAsync(agentId, cancellation) > 0)
        {
            signal.Set();
        }

        return TypedResults.Ok(new RegisteredAgent(agent.Id, agent.Name, agent.State));
    }

    private static async Task<Results<Ok<NewKey>, ProblemHttpResult>> RotateOwn(
        ClaimsPrincipal caller, AgentStore agents, CancellationToken cancellation) =>
        caller.AgentId() is { } agentId
            ? TypedResults.Ok(new NewKey(await agents.RotateAsync(agentId, caller.Actor(), cancellation)))
            : ProblemKind.Forbidden.Because("Only an enrolled agent can rotate its key; this key belongs to a person.");

    private static async Task<Results<Ok<AgentStateAnswer>, ProblemHttpResult>> Change(
        string? id, AgentState state, ClaimsPrincipal caller, bool isMaintainer, AgentStore agents, CancellationToken cancellation)
    {
        if (id is null)
        {
            return ProblemKind.Forbidden.Because("Only an enrolled agent can change itself; this key belongs to a person.");
        }

        return await agents.ChangeAsync(id, caller.Actor(), AgentStore.MoveTo(state, caller.Actor(), isMaintainer), cancellation) switch
        {
            AgentChange.Done => TypedResults.Ok(new AgentStateAnswer(id, state)),
            AgentChange.Refused => ProblemKind.InvalidStateTransition.Because(
                $"Agent '{id}' cannot become {state.ToString().ToLowerInvariant()} from its present state for this caller.",
                isMaintainer
                    ? "A quarantined agent is resumed, not drained; a retired one is enrolled again with a new code."
                    : "GET /api/v1/agents/{id} says why it gets no work; a maintainer can resume it."),
            _ => ProblemKind.NotFound.Because($"There is no agent '{id}'. GET /api/v1/agents lists them."),
        };
    }
}

/// <summary>Answer to a registration.</summary>
internal sealed record RegisteredAgent(string Id, string Name, AgentState State);

/// <summary>An agent after a change.</summary>
internal sealed record AgentStateAnswer(string AgentId, AgentState State);

/// <summary>A key, shown once.</summary>
internal sealed record NewKey(string Key);
