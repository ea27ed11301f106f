using Bench.Data.Agents;
using Bench.Data.Queue;
using Bench.Data.Results;
using Bench.Domain.Protocol;
using Bench.Web.Api;
using Bench.Web.Auth;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Bench.Web.Features.Attempts;

/// <summary>What an agent says while and after it works on a job.</summary>
internal static class AttemptEndpoints
{
    private const long MaxResultBytes = 8 << 20;

    public static RouteGroupBuilder MapAttempts(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/attempts").WithTags("Attempts").AddEndpointFilter<Protocol>();
        group.MapPut("/{id}/heartbeat", Beat).WithName("SendHeartbeat").RequireAuthorization(Scopes.ClaimJobs)
            .WithSummary("Renew a lease").ProducesProblem(400).ProducesProblem(401).ProducesProblem(403).ProducesProblem(409);
        group.MapPost("/{id}/result", Submit).WithName("SubmitResult").RequireAuthorization(Scopes.WriteResults).WithBodyLimit(MaxResultBytes)
            .WithSummary("Deliver a result; sending it again changes nothing")
            .ProducesProblem(400).ProducesProblem(401).ProducesProblem(403).ProducesProblem(409).ProducesProblem(413);
        return group;
    }

    private static async Task<Results<Ok<HeartbeatAnswer>, ProblemHttpResult>> Beat(
        string id, Heartbeat heartbeat, HttpContext http, JobQueue queue, AgentStore agents, CancellationToken cancellation)
    {
        if (WireRules.Check(heartbeat) is { Count: > 0 } mistakes)
        {
            return Problems.Mistakes(mistakes);
        }

        if (http.User.AgentId() is not { } agentId)
        {
            return ProblemKind.Forbidden.Because("Only the agent that holds the lease can renew it; this key belongs to a person.");
        }

        var (answer, refusal) = await queue.RenewAsync(id, agentId, heartbeat, cancellation);
        if (answer is null)
        {
            return ProblemKind.LeaseLost.Because(refusal);
        }

        await agents.NoteSeenAsync(agentId, null, cancellation);
        return TypedResults.Ok(answer);
    }

    private static async Task<Results<Created<ResultAnswer>, Ok<ResultAnswer>, ProblemHttpResult>> Submit(
        string id, ResultSubmission result, HttpContext http, ResultBatches batches, CancellationToken cancellation)
    {
        if (WireRules.Check(result) is { Count: > 0 } mistakes)
        {
            return Problems.Mistakes(mistakes);
        }

        if (http.User.AgentId() is not { } agentId)
        {
            return ProblemKind.Forbidden.Because("Only the agent that worked on the attempt can deliver its result; this key belongs to a person.");
        }

        if (http.Request.Headers["Idempotency-Key"].ToString() is { Length: > 0 } key && key != result.ResultId)
        {
            return ProblemKind.IdempotencyKeyReused.Because("The idempotency key of a result is its result id; they differ.");
        }

        var outcome = await batches.StoreAsync(new IngestItem(id, agentId, result), cancellation);
        if (outcome.Status == IngestStatus.Replayed)
        {
            http.Response.Headers["Idempotency-Replayed"] = "true";
        }

        return outcome.Status switch
        {
            IngestStatus.Stored => TypedResults.Created($"/api/v1/runs/{outcome.RunId}", new ResultAnswer(outcome.RunId!, outcome.Late)),
            IngestStatus.Replayed => TypedResults.Ok(new ResultAnswer(outcome.RunId!, outcome.Late)),
            IngestStatus.Superseded => ProblemKind.Superseded.Because(outcome.Reason),
            IngestStatus.Conflicting => ProblemKind.Conflict.Because(outcome.Reason, "Keep the result id when a result is sent again."),
            _ => ProblemKind.LeaseLost.Because(outcome.Reason, "Send the result with the agent and the lease token that the attempt was given to."),
        };
    }
}
