using Bench.Domain.Protocol;
using Bench.Web.Api;
using Bench.Web.Exports;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Bench.Web.Features.Leaderboards;

/// <summary>Boards as data.</summary>
internal static class BoardEndpoints
{
    public static RouteGroupBuilder MapBoards(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/boards").WithTags("Boards");
        group.MapGet("/", List).WithName("ListBoards").WithSummary("Every board with its rule and the hash of its definition");
        group.MapGet("/{name}", Find).WithName("GetBoard").WithMetadata(new ResultsOnlyAttribute()).Produces<BoardView>().ProducesProblem(400).ProducesProblem(404).ProducesProblem(406)
            .WithSummary("One board with its ranks; also as csv, ndjson or parquet");
        return group;
    }

    private static Ok<IReadOnlyList<BoardDefinition>> List() => TypedResults.Ok(BoardDefinition.All);

    private static async Task<IResult> Find(HttpContext http, string name, BoardQuery boards, string? group, string? division, CancellationToken cancellation)
    {
        if (!ExportFormats.TryRead(http, out var format, out var problem))
        {
            return problem!;
        }

        if (division is not (null or BoardQuery.Closed or BoardQuery.Open))
        {
            return Problems.Mistakes([new WireMistake("/division", "A division is closed or open.")]);
        }

        if (BoardDefinition.All.FirstOrDefault(board => board.Slug == name) is not { } definition)
        {
            return ProblemKind.NotFound.Because($"There is no board '{name}'. GET /api/v1/boards lists them.");
        }

        var view = await boards.ReadAsync(definition, group, division ?? BoardQuery.Closed, cancellation);
        return format is { } export ? new ExportResult<BoardExport>(name, export, BoardExport.Columns, BoardExport.Of(view)) : TypedResults.Ok(view);
    }
}

/// <summary>One cell of one entrant as a row.</summary>
internal sealed record BoardExport(BoardView View, BoardRow? Row, PartialRow? Partial, BoardCell? Cell, double? Value)
{
    /// <summary>Columns in their frozen order.</summary>
    public static IReadOnlyList<ExportColumn<BoardExport>> Columns { get; } =
    [
        ExportColumn<BoardExport>.Text("board", row => row.View.Board.Slug),
        ExportColumn<BoardExport>.Text("definition", row => row.View.Board.Hash),
        ExportColumn<BoardExport>.Text("group", row => row.View.Group),
        ExportColumn<BoardExport>.Text("division", row => row.View.Division),
        ExportColumn<BoardExport>.Text("entrant", row => row.Row?.Rank.Entrant ?? row.Partial!.Id),
        ExportColumn<BoardExport>.Whole("bestRank", row => row.Row?.Rank.BestRank),
        ExportColumn<BoardExport>.Whole("worstRank", row => row.Row?.Rank.WorstRank),
        ExportColumn<BoardExport>.Number("score", row => row.Row?.Rank.Score),
        ExportColumn<BoardExport>.Text("verification", row => row.Row?.Verification),
        ExportColumn<BoardExport>.Text("cell", row => row.Cell?.Label),
        ExportColumn<BoardExport>.Number("weight", row => row.Cell?.Weight),
        ExportColumn<BoardExport>.Number("value", row => row.Value),
    ];

    /// <summary>Every cell of a board; an entrant that is not ranked has one row without a cell.</summary>
    public static IAsyncEnumerable<BoardExport> Of(BoardView view) => view.Rows
        .SelectMany(row => row.Cells.Zip(view.Cells, (value, cell) => new BoardExport(view, row, null, cell, value)))
        .Concat(view.Partial.Select(row => new BoardExport(view, null, row, null, null))).ToAsyncEnumerable();
}
