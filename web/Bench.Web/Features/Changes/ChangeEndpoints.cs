using System.Globalization;
using System.Security.Claims;
using System.Text;
using System.Xml;
using Bench.Data.Agents;
using Bench.Data.Changes;
using Bench.Data.Rows;
using Bench.Domain.Matrix;
using Bench.Domain.Protocol;
using Bench.Web.Api;
using Bench.Web.Auth;
using Bench.Web.Exports;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Bench.Web.Features.Changes;

/// <summary>Changes of level as data and as a feed, and what maintainers think of them.</summary>
internal static class ChangeEndpoints
{
    public static RouteGroupBuilder MapChanges(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/changes").WithTags("Changes");
        group.MapGet("/", List).WithName("ListChanges").WithSummary("Cells whose numbers changed their level, the newest first; also as csv, ndjson or parquet")
            .Produces<ChangesView>().ProducesProblem(400).ProducesProblem(406);
        group.MapGet("/{id}", Find).WithName("GetChange").WithSummary("One change with what people think of it").ProducesProblem(404);
        group.MapPut("/{id}/state", Set).WithName("SetChangeState").RequireAuthorization(Scopes.Administer).WithMetadata(new ReplayableAttribute())
            .WithSummary("Acknowledge, accept or ignore a change; accepting begins a new history at it").ProducesProblem(400).ProducesProblem(401).ProducesProblem(403).ProducesProblem(404);
        return group;
    }

    /// <summary>The feed of open changes, beside the page.</summary>
    public static void MapChangeFeed(this IEndpointRouteBuilder routes) => routes.MapGet("/changes.atom", Feed).ExcludeFromDescription();

    private static async Task<IResult> List(HttpContext http, ChangesQuery query, string? state, CancellationToken cancellation)
    {
        if (!ExportFormats.TryRead(http, out var format, out var problem))
        {
            return problem!;
        }

        if (!TryRead(state, out var states))
        {
            return Problems.Mistakes([new WireMistake("/state", $"A state is 'open' or one of {string.Join(", ", Enum.GetNames<ChangeState>()).ToLowerInvariant()}.")]);
        }

        var view = await query.ReadAsync(states, cancellation);
        return format is { } export ? new ExportResult<Change>("changes", export, Columns, view.Items.ToAsyncEnumerable()) : TypedResults.Ok(view);
    }

    private static async Task<Results<Ok<Change>, ProblemHttpResult>> Find(string id, ChangesQuery query, CancellationToken cancellation) =>
        await query.FindAsync(id, cancellation) is { } change ? TypedResults.Ok(change) : NotFound(id);

    private static async Task<Results<Ok<Change>, ProblemHttpResult>> Set(
        string id, ChangeStateRequest request, ClaimsPrincipal caller, ChangeStore store, ChangesQuery query, CancellationToken cancellation)
    {
        if (request.Comment?.Length > ChangeStore.LongestComment)
        {
            return Problems.Mistakes([new WireMistake("/comment", $"A comment has at most {ChangeStore.LongestComment} characters.")]);
        }

        return await store.SetAsync(id, request.State, request.Comment, caller.Actor(), cancellation) is null
            ? NotFound(id)
            : TypedResults.Ok((await query.FindAsync(id, cancellation))!);
    }

    private static ProblemHttpResult NotFound(string id) =>
        ProblemKind.NotFound.Because($"There is no change '{id}'. GET /api/v1/changes lists them; a search withdraws one that newer runs do not support.");

    private static bool TryRead(string? text, out IReadOnlyCollection<ChangeState> states)
    {
        states = [];
        if (string.IsNullOrEmpty(text))
        {
            return true;
        }

        if (text == "open")
        {
            states = [.. ChangeWords.Open];
            return true;
        }

        var known = Enum.TryParse<ChangeState>(text, ignoreCase: true, out var state) && Enum.IsDefined(state) && !char.IsDigit(text[0]);
        states = known ? [state] : [];
        return known;
    }

    /// <summary>Atom (RFC 4287): one entry for each change, whose id stays the same whatever becomes of it.</summary>
    private static async Task<IResult> Feed(HttpContext http, ChangesQuery query, CancellationToken cancellation)
    {
        var view = await query.ReadAsync([], cancellation);
        var root = $"{http.Request.Scheme}://{http.Request.Host}";
        var text = new StringBuilder();
        using (var xml = XmlWriter.Create(text, new XmlWriterSettings { OmitXmlDeclaration = true }))
        {
            const string atom = "http://www.w3.org/2005/Atom";
            xml.WriteStartElement("feed", atom);
            xml.WriteElementString("id", atom, $"{root}/changes");
            xml.WriteElementString("title", atom, "Bench: changes of level");
            xml.WriteElementString("updated", atom, Instant(view.UpdatedAt ?? DateTimeOffset.UnixEpoch));
            xml.WriteStartElement("author", atom);
            xml.WriteElementString("name", atom, "Bench");
            xml.WriteEndElement();
            Link($"{root}/changes");
            foreach (var change in view.Items)
            {
                xml.WriteStartElement("entry", atom);
                xml.WriteElementString("id", atom, $"{root}/changes/{change.Id}");
                xml.WriteElementString("title", atom, ChangeWords.Sentence(change));
                xml.WriteElementString("published", atom, Instant(change.DetectedAt));
                xml.WriteElementString("updated", atom, Instant(change.StateAt ?? change.DetectedAt));
                Link($"{root}/changes/{change.Id}");
                xml.WriteElementString("summary", atom, $"{ChangeWords.Of(change.State).Word}; {ChangeWords.Level(change, change.Before)} before, {ChangeWords.Level(change, change.After)} after; {ChangeWords.Commits(change)}.");
                xml.WriteEndElement();
            }

            xml.WriteEndElement();

            void Link(string href)
            {
                xml.WriteStartElement("link", atom);
                xml.WriteAttributeString("href", href);
                xml.WriteEndElement();
            }
        }

        return TypedResults.Text("<?xml version=\"1.0\" encoding=\"utf-8\"?>" + text, "application/atom+xml", Encoding.UTF8);

        static string Instant(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
    }

    private static IReadOnlyList<ExportColumn<Change>> Columns { get; } =
    [
        ExportColumn<Change>.Text("id", row => row.Id),
        ExportColumn<Change>.Text("state", row => ChangeWords.Of(row.State).Word),
        ExportColumn<Change>.Text("series", row => row.Series),
        ExportColumn<Change>.Text("task", row => row.Task),
        ExportColumn<Change>.Text("pattern", row => row.Pattern.Name),
        ExportColumn<Change>.Whole("length", row => row.Length),
        ExportColumn<Change>.Whole("seed", row => row.Seed),
        ExportColumn<Change>.Text("metric", row => row.Metric),
        ExportColumn<Change>.Text("unit", row => row.Unit),
        ExportColumn<Change>.Number("before", row => row.Before),
        ExportColumn<Change>.Number("after", row => row.After),
        ExportColumn<Change>.Number("relativeChange", row => row.RelativeChange),
        ExportColumn<Change>.Number("pValue", row => row.PValue),
        ExportColumn<Change>.Text("at", row => row.At.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)),
        ExportColumn<Change>.Text("commitBefore", row => row.CommitBefore),
        ExportColumn<Change>.Text("commitAfter", row => row.CommitAfter),
        ExportColumn<Change>.Text("lastRunBefore", row => row.LastRunBefore),
        ExportColumn<Change>.Text("firstRunAfter", row => row.FirstRunAfter),
    ];
}

/// <summary>What somebody thinks of a change.</summary>
/// <param name="State">New state.</param>
/// <param name="Comment">Why; null leaves the comment as it is.</param>
internal sealed record ChangeStateRequest(ChangeState State, string? Comment = null);
