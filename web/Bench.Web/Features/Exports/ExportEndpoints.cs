using System.Security.Claims;
using Bench.Data.Agents;
using Bench.Data.Exports;
using Bench.Data.Rows;
using Bench.Domain.Protocol;
using Bench.Web.Api;
using Bench.Web.Auth;
using Bench.Web.Exports;
using Bench.Web.Features.Runs;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.WebUtilities;

namespace Bench.Web.Features.Exports;

/// <summary>Exports that take longer than a request should: asked for, written in the background by some server, fetched from any.</summary>
internal static class ExportEndpoints
{
    public static RouteGroupBuilder MapExports(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/exports").WithTags("Exports");
        group.MapPost("/", Create).WithName("CreateExport").RequireAuthorization(Scopes.WriteSuites).WithMetadata(new ReplayableAttribute())
            .WithSummary("Have an export of runs written in the background").ProducesProblem(400).ProducesProblem(401).ProducesProblem(403);
        group.MapGet("/{id}", Find).WithName("GetExport").WithSummary("How far an export is; its size, rows and SHA-256 when it is ready").ProducesProblem(404);
        group.MapGet("/{id}/content", Content).WithName("GetExportContent").WithMetadata(new StreamedAttribute())
            .WithSummary("The file of an export that is ready").Produces(200).ProducesProblem(404).ProducesProblem(409);
        return group;
    }

    private static async Task<Results<Accepted<ExportView>, ProblemHttpResult>> Create(
        ExportWish wish, ClaimsPrincipal caller, ExportStore exports, ExportWriter writer, CancellationToken cancellation)
    {
        var mistakes = new List<WireMistake>();
        if (!Enum.TryParse<ExportFormat>(wish.Format, ignoreCase: true, out var format) || !Enum.IsDefined(format) || char.IsDigit(wish.Format[0]))
        {
            mistakes.Add(new WireMistake("/format", "A format is one of csv, ndjson and parquet."));
        }

        if (wish.Filter.Length > 2_000)
        {
            mistakes.Add(new WireMistake("/filter", "A filter has at most 2,000 characters."));
        }
        else
        {
            RunFilters.Read(new QueryCollection(QueryHelpers.ParseQuery(wish.Filter)), mistakes);
        }

        if (mistakes.Count > 0)
        {
            return Problems.Mistakes(mistakes);
        }

        var export = await exports.AddAsync(format.ToString().ToLowerInvariant(), wish.Filter, caller.Actor(), cancellation);
        writer.Wake();
        return TypedResults.Accepted($"/api/v1/exports/{export.Id}", ExportView.Of(export));
    }

    private static async Task<Results<Ok<ExportView>, ProblemHttpResult>> Find(string id, ExportStore exports, CancellationToken cancellation) =>
        await exports.FindAsync(id, cancellation) is { } export ? TypedResults.Ok(ExportView.Of(export)) : Unknown(id);

    private static async Task<IResult> Content(string id, HttpContext http, ExportStore exports, CancellationToken cancellation)
    {
        if (await exports.FindAsync(id, cancellation) is not { } export)
        {
            return Unknown(id);
        }

        if (export.State != ExportState.Ready)
        {
            http.Response.Headers.RetryAfter = "2";
            return ProblemKind.Conflict.Because($"Export {id} is {export.State.ToString().ToLowerInvariant()}.", export.Message ?? "Ask again as 'Retry-After' says.");
        }

        var format = Enum.Parse<ExportFormat>(export.Format, ignoreCase: true);
        http.Response.ContentType = ExportFormats.MediaType(format);
        http.Response.ContentLength = export.SizeBytes;
        http.Response.Headers.ContentDisposition = $"attachment; filename=\"{export.Id}.{export.Format}\"";
        http.Response.Headers["Repr-Digest"] = $"sha-256=:{Convert.ToBase64String(Convert.FromHexString(export.Sha256))}:";
        http.Response.Headers["Bench-Export-Version"] = "1";
        await exports.CopyAsync(id, http.Response.Body, cancellation);
        return Results.Empty;
    }

    private static ProblemHttpResult Unknown(string id) => ProblemKind.NotFound.Because(
        $"There is no export '{id}'; files are kept for a day.", "Ask for a new one: POST /api/v1/exports, or stream it at once: GET /api/v1/runs/export.");
}

/// <summary>An export that somebody wishes.</summary>
/// <param name="Format">csv, ndjson or parquet.</param>
/// <param name="Filter">Query string of the run list, such as <c>mechanism=softmax&amp;latest=true</c>; empty for everything.</param>
internal sealed record ExportWish(string Format, string Filter = "");

/// <summary>How far an export is.</summary>
internal sealed record ExportView(
    string Id, string State, string Format, string Filter, DateTimeOffset CreatedAt, DateTimeOffset? EndedAt, DateTimeOffset ExpiresAt, long? RowCount,
    long? SizeBytes, string? Sha256, int SchemaVersion, string? Content, string? Message)
{
    /// <summary>The view of a row.</summary>
    public static ExportView Of(ExportRow row)
    {
        var ready = row.State == ExportState.Ready;
        return new ExportView(
            row.Id, row.State.ToString().ToLowerInvariant(), row.Format, row.Filter, row.CreatedAt, row.EndedAt, row.CreatedAt + ExportStore.Lifetime,
            ready ? row.RowCount : null, ready ? row.SizeBytes : null, ready ? row.Sha256 : null, 1, ready ? $"/api/v1/exports/{row.Id}/content" : null, row.Message);
    }
}
