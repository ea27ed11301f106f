using System.Globalization;
using Bench.Domain.Protocol;
using Bench.Domain.Results;
using Bench.Web.Api;
using Bench.Web.Exports;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Bench.Web.Features.Runs;

/// <summary>Runs: a list in pages, an export of everything, and each with all its samples.</summary>
internal static class RunEndpoints
{
    private const int DefaultLimit = 50;
    private const int MaxLimit = 500;

    public static RouteGroupBuilder MapRuns(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/runs").WithTags("Runs");
        group.MapGet("/", List).WithName("ListRuns").WithSummary("Runs from the newest on")
            .Produces<Page<RunSummary>>().ProducesProblem(400);
        group.MapGet("/export", Export).WithName("ExportRuns").WithMetadata(new StreamedAttribute())
            .WithSummary("All matching runs with their samples as csv, ndjson or parquet").ProducesProblem(400).ProducesProblem(406);
        group.MapGet("/{id}", Find).WithName("GetRun").WithSummary("One run with all its samples").ProducesProblem(404);
        return group;
    }

    private static async Task<IResult> List(HttpContext http, RunsQuery query, CancellationToken cancellation)
    {
        var mistakes = new List<WireMistake>();
        var filter = ReadFilter(http.Request.Query, mistakes);
        var limit = ReadLimit(http.Request.Query, mistakes);
        if (mistakes.Count > 0)
        {
            return Problems.Mistakes(mistakes);
        }

        var cursor = http.Request.Query["cursor"].ToString();
        var page = await query.ListAsync(filter, limit, cursor.Length > 0 ? cursor : null, cancellation);
        if (page is null)
        {
            return ProblemKind.InvalidCursor.Because("The cursor was not made by this service, or is from an older version of it.");
        }

        if (page.NextCursor is { } next)
        {
            var rest = http.Request.Query.Where(pair => pair.Key != "cursor")
                .SelectMany(pair => pair.Value.Select(value => KeyValuePair.Create(pair.Key, value)));
            http.Response.Headers.Link =
                $"<{http.Request.Path}{QueryString.Create([.. rest, KeyValuePair.Create("cursor", (string?)next)])}>; rel=\"next\"";
        }

        return TypedResults.Ok(page);
    }

    private static IResult Export(HttpContext http, RunsQuery query, CancellationToken cancellation)
    {
        var mistakes = new List<WireMistake>();
        var filter = ReadFilter(http.Request.Query, mistakes);
        if (mistakes.Count > 0)
        {
            return Problems.Mistakes(mistakes);
        }

        return ExportFormats.TryRead(http, out var format, out var problem)
            ? new ExportResult<RunExport>("runs", format ?? ExportFormat.Ndjson, RunsQuery.Columns, query.ExportAsync(filter, cancellation))
            : problem!;
    }

    private static async Task<Results<Ok<RunView>, ProblemHttpResult>> Find(string id, RunQuery query, CancellationToken cancellation) =>
        await query.FindAsync(id, cancellation) is { } run
            ? TypedResults.Ok(run)
            : ProblemKind.NotFound.Because($"There is no run '{id}'. GET /api/v1/runs lists them.");

    private static RunsFilter ReadFilter(IQueryCollection query, List<WireMistake> mistakes)
    {
        Outcome? outcome = null;
        if (query["outcome"].ToString() is { Length: > 0 } wanted)
        {
            outcome = wanted switch
            {
                "succeeded" => Outcome.Succeeded,
                "failed" => Outcome.Failed,
                _ => null,
            };
            if (outcome is null)
            {
                mistakes.Add(new WireMistake("/outcome", "An outcome is 'succeeded' or 'failed'."));
            }
        }

        DateTime? since = null;
        if (query["since"].ToString() is { Length: > 0 } text)
        {
            if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant))
            {
                since = instant.UtcDateTime;
            }
            else
            {
                mistakes.Add(new WireMistake("/since", "An instant is written as 2026-03-01T12:00:00Z."));
            }
        }

        return new RunsFilter
        {
            Mechanisms = Texts(query, "mechanism", mistakes),
            Implementations = Texts(query, "implementation", mistakes),
            Tasks = Texts(query, "task", mistakes),
            Suite = Texts(query, "suite", mistakes).FirstOrDefault(),
            CellKey = Texts(query, "cell", mistakes).FirstOrDefault(),
            AgentId = Texts(query, "agent", mistakes).FirstOrDefault(),
            Outcome = outcome,
            Since = since,
            LatestOnly = query["latest"] == "true",
        };
    }

    private static string[] Texts(IQueryCollection query, string name, List<WireMistake> mistakes)
    {
        var values = query[name].OfType<string>().ToArray();
        if (values.Length > 50 || values.Any(value => value.Length > 200 || value.Any(char.IsControl)))
        {
            mistakes.Add(new WireMistake("/" + name, "At most 50 values of at most 200 characters, without control characters."));
        }

        return values;
    }

    private static int ReadLimit(IQueryCollection query, List<WireMistake> mistakes)
    {
        var text = query["limit"].ToString();
        if (text.Length == 0)
        {
            return DefaultLimit;
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit is >= 1 and <= MaxLimit)
        {
            return limit;
        }

        mistakes.Add(new WireMistake("/limit", "A limit lies between 1 and 500."));
        return DefaultLimit;
    }
}
