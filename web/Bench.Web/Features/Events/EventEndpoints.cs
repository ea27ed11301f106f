using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Bench.Domain.Protocol;
using Bench.Web.Api;
using Bench.Web.Features.Agents;
using Bench.Web.Features.Home;
using Bench.Web.Features.Queue;
using Bench.Web.Features.Suites;

namespace Bench.Web.Features.Events;

/// <summary>
/// Live views as server-sent events: the present state of a topic whenever it changes. The event id is the state's hash, so a reader that comes
/// back with <c>Last-Event-ID</c> gets nothing twice and, however long it was away, one event that brings it up to date. Nothing is kept in
/// memory, so any server can take over.
/// </summary>
internal static class EventEndpoints
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    public static IEndpointRouteBuilder MapEvents(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/events", Follow).WithName("FollowEvents").WithTags("Events").WithMetadata(new StreamedAttribute())
            .Produces<string>(200, "text/event-stream").ProducesProblem(400)
            .WithSummary("Follow a topic: overview, queue, agents or suite:{name}");
        return routes;
    }

    private static async Task<IResult> Follow(string topic, HttpContext http, IServiceScopeFactory scopes, TimeProvider clock, CancellationToken cancellation)
    {
        var read = Reader(topic);
        if (read is null)
        {
            return Problems.Mistakes([new WireMistake("/topic", "A topic is overview, queue, agents or suite:{name}.")]);
        }

        http.Response.ContentType = "text/event-stream";
        http.Response.Headers.CacheControl = "no-store";
        http.Response.Headers["X-Accel-Buffering"] = "no";
        var sent = http.Request.Headers["Last-Event-ID"].ToString();
        var lastWrite = clock.GetTimestamp();
        await http.Response.Body.FlushAsync(cancellation);
        using var timer = new PeriodicTimer(Interval, clock);
        try
        {
            do
            {
                byte[] state;
                await using (var scope = scopes.CreateAsyncScope())
                {
                    state = JsonSerializer.SerializeToUtf8Bytes(await read(scope.ServiceProvider, cancellation), WireJson.Lenient);
                }

                var id = Convert.ToHexStringLower(SHA256.HashData(state))[..16];
                if (id != sent)
                {
                    await http.Response.WriteAsync($"id: {id}\nevent: {topic.Split(':')[0]}\ndata: {Encoding.UTF8.GetString(state)}\n\n", cancellation);
                    (sent, lastWrite) = (id, clock.GetTimestamp());
                }
                else if (clock.GetElapsedTime(lastWrite) >= Heartbeat)
                {
                    await http.Response.WriteAsync(": still here\n\n", cancellation);
                    lastWrite = clock.GetTimestamp();
                }

                await http.Response.Body.FlushAsync(cancellation);
            }
            while (await timer.WaitForNextTickAsync(cancellation));
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The reader has gone.
        }

        return Results.Empty;
    }

    private static Func<IServiceProvider, CancellationToken, Task<object?>>? Reader(string topic) => topic switch
    {
        "overview" => async (services, cancellation) => await services.GetRequiredService<HomeQuery>().ReadAsync(cancellation),
        "queue" => async (services, cancellation) => await services.GetRequiredService<QueueQuery>().ReadAsync(cancellation),
        "agents" => async (services, cancellation) =>
            (await services.GetRequiredService<AgentsQuery>().ListAsync(cancellation)).Select(agent => agent with { AgeSeconds = null }),
        _ when topic.StartsWith("suite:", StringComparison.Ordinal) && topic.Length is > 6 and < 80 => async (services, cancellation) =>
            await services.GetRequiredService<SuitesQuery>().FindAsync(topic["suite:".Length..], cancellation),
        _ => null,
    };
}
