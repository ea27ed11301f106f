using System.Security.Claims;
using Bench.Data.Agents;
using Bench.Data.Queue;
using Bench.Data.Rows;
using Bench.Domain.Leasing;
using Bench.Domain.Protocol;
using Bench.Web.Api;
using Bench.Web.Auth;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Bench.Web.Features.Jobs;

/// <summary>The queue as agents and maintainers use it.</summary>
internal static class JobEndpoints
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);

    public static RouteGroupBuilder MapJobs(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/jobs").WithTags("Jobs");
        group.MapPost("/", Enqueue).WithName("EnqueueSuite").RequireAuthorization(Scopes.WriteSuites).AddEndpointFilter<Protocol>()
            .WithMetadata(new ReplayableAttribute()).WithSummary("Queue the cells of a suite").ProducesProblem(400).ProducesProblem(401).ProducesProblem(403).ProducesProblem(404);
        group.MapGet("/", List).WithName("ListJobs").WithSummary("Jobs of every state from the newest on").Produces<Page<JobSummary>>().ProducesProblem(400);
        group.MapGet("/{id}", Find).WithName("GetJob").WithSummary("One job with its attempts").ProducesProblem(404);
        group.MapPost("/claims", Claim).WithName("ClaimJob").RequireAuthorization(Scopes.ClaimJobs).AddEndpointFilter<Protocol>()
            .WithSummary("Take a job; waits up to waitSeconds and answers 204 when there is none")
            .ProducesProblem(400).ProducesProblem(401).ProducesProblem(403).ProducesProblem(409);
        group.MapPost("/{id}/cancellation", Cancel).WithName("CancelJob").RequireAuthorization(Scopes.Administer)
            .WithMetadata(new ReplayableAttribute()).WithSummary("Withdraw a job").ProducesProblem(401).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);
        return group;
    }

    private static async Task<IResult> List(HttpContext http, JobsQuery query, CancellationToken cancellation)
    {
        var mistakes = new List<WireMistake>();
        var suite = ListQuery.Texts(http.Request.Query, "suite", mistakes).FirstOrDefault();
        var states = new List<JobState>();
        foreach (var text in ListQuery.Texts(http.Request.Query, "state", mistakes))
        {
            if (Enum.TryParse<JobState>(text, ignoreCase: true, out var state) && Enum.IsDefined(state) && !text.Any(char.IsDigit))
            {
                states.Add(state);
            }
            else
            {
                mistakes.Add(new WireMistake("/state", "A state is queued, leased, running, succeeded, failed or cancelled."));
            }
        }

        var limit = ListQuery.Limit(http.Request.Query, mistakes);
        if (mistakes.Count > 0)
        {
            return Problems.Mistakes(mistakes);
        }

        return await query.ListAsync(new JobsFilter(suite, [.. states]), limit, ListQuery.Cursor(http.Request.Query), cancellation) is { } page
            ? ListQuery.Answer(http, page)
            : ListQuery.ForeignCursor();
    }

    private static async Task<Results<Ok<JobDetail>, ProblemHttpResult>> Find(string id, JobsQuery query, CancellationToken cancellation) =>
        await query.FindAsync(id, cancellation) is { } job
            ? TypedResults.Ok(job)
            : ProblemKind.NotFound.Because($"There is no job '{id}'. GET /api/v1/jobs lists them.");

    private static async Task<Results<Ok<EnqueueAnswer>, ProblemHttpResult>> Enqueue(
        EnqueueRequest request, ClaimsPrincipal caller, SuiteStore suites, BuildsQuery builds, WorkSignal signal, CancellationToken cancellation)
    {
        if (WireRules.Check(request) is { Count: > 0 } mistakes)
        {
            return Problems.Mistakes(mistakes);
        }

        var build = await builds.NewestAsync(caller.AgentId(), cancellation);
        var answer = await suites.EnqueueAsync(request, build, cancellation);
        if (answer is null)
        {
            return ProblemKind.NotFound.Because(
                $"No suite '{request.Suite}' was pushed yet.", $"Push it first: PUT /api/v1/suites/{request.Suite}.");
        }

        signal.Set();
        return TypedResults.Ok(answer);
    }

    private static async Task<Results<Ok<Assignment>, NoContent, ProblemHttpResult>> Claim(
        ClaimRequest request, HttpContext http, JobQueue queue, AgentStore agents, WorkSignal signal, TimeProvider clock,
        CancellationToken cancellation)
    {
        if (WireRules.Check(request) is { Count: > 0 } mistakes)
        {
            return Problems.Mistakes(mistakes);
        }

        if (http.User.AgentId() is not { } agentId)
        {
            return ProblemKind.Forbidden.Because("Only an enrolled agent can claim; this key belongs to a person.");
        }

        await agents.NoteClockAsync(agentId, Protocol.ClockSkewOf(http), cancellation);
        var until = clock.GetUtcNow().AddSeconds(request.WaitSeconds);
        while (true)
        {
            var queued = signal.Next;
            var agent = await agents.MeetAsync(agentId, request.SpoolDepth, cancellation);
            if (Refusal(agent) is { } refusal)
            {
                return refusal;
            }

            if (await queue.ClaimAsync(agent, cancellation) is { } assignment)
            {
                return TypedResults.Ok(assignment);
            }

            if (!await WaitAsync(agent, queue, queued, until, clock, cancellation))
            {
                http.Response.Headers.RetryAfter = agent.State == AgentState.Active ? "1" : "30";
                return TypedResults.NoContent();
            }
        }
    }

    /// <summary>Waits for work of the agent's kind: woken by this server at once, by others within a second.</summary>
    /// <returns>False when the time is over.</returns>
    private static async Task<bool> WaitAsync(
        AgentRow agent, JobQueue queue, Task queued, DateTimeOffset until, TimeProvider clock, CancellationToken cancellation)
    {
        while (true)
        {
            var left = until - clock.GetUtcNow();
            if (left <= TimeSpan.Zero)
            {
                return false;
            }

            await Task.WhenAny(queued, Task.Delay(left < LookAgain ? left : LookAgain, clock, cancellation));
            cancellation.ThrowIfCancellationRequested();
            // A read without locks, so that two hundred waiting agents cost the database little.
            if (queued.IsCompleted || await queue.HasWorkAsync(agent, cancellation))
            {
                return true;
            }
        }
    }

    private static async Task<Results<Ok<JobStateAnswer>, ProblemHttpResult>> Cancel(
        string id, ClaimsPrincipal caller, JobQueue queue, CancellationToken cancellation)
    {
        var state = await queue.CancelAsync(id, caller.Actor(), cancellation);
        return state switch
        {
            null => ProblemKind.NotFound.Because($"There is no job '{id}'. GET /api/v1/queue lists what waits and runs."),
            JobState.Succeeded or JobState.Failed => ProblemKind.Conflict.Because($"Job {id} has {state.ToString()!.ToLowerInvariant()} already."),
            _ => TypedResults.Ok(new JobStateAnswer(id, state.Value)),
        };
    }

    private static ProblemHttpResult? Refusal(AgentRow agent) => agent switch
    {
        { State: AgentState.Retired } => ProblemKind.Forbidden.Because($"Agent '{agent.Name}' was retired.", "Enrol it again with a new code."),
        { RegisteredAt: null } => ProblemKind.Conflict.Because(
            $"Agent '{agent.Name}' has not said what it can run.", "Send PUT /api/v1/agents/me before the first claim."),
        _ => null,
    };
}

/// <summary>A job after a change.</summary>
internal sealed record JobStateAnswer(string JobId, JobState State);
