using Bench.Domain.Matrix;
using Bench.Web.Api;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Bench.Web.Features.Leaderboards;

/// <summary>Boards: what is ranked, and the ranks.</summary>
internal static class BoardEndpoints
{
    public static RouteGroupBuilder MapBoards(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/boards").WithTags("Boards");
        group.MapGet("/", List).WithName("ListBoards").WithSummary("All boards with their rules");
        group.MapGet("/{slug}", Find).WithName("GetBoard").WithSummary("One board with its ranks").ProducesProblem(404);
        return group;
    }

    private static Ok<IReadOnlyList<BoardSummary>> List() =>
        TypedResults.Ok<IReadOnlyList<BoardSummary>>([.. BoardDefinition.All.Select(BoardSummary.Of)]);

    private static async Task<Results<Ok<BoardRanks>, ProblemHttpResult>> Find(string slug, string? group, BoardQuery query, CancellationToken cancellation) =>
        BoardDefinition.All.FirstOrDefault(board => board.Slug == slug) is { } board
            ? TypedResults.Ok(BoardRanks.Of(await query.ReadAsync(board, group, cancellation)))
            : ProblemKind.NotFound.Because($"There is no board '{slug}'. GET /api/v1/boards lists them.");
}

/// <summary>A board in a list.</summary>
internal sealed record BoardSummary(string Slug, string Title, string Task, string Pattern, string Rule, string Hash)
{
    /// <summary>The summary of a definition.</summary>
    public static BoardSummary Of(BoardDefinition board) => new(board.Slug, board.Title, board.Task, board.Pattern.Name, board.Rule, board.Hash);
}

/// <summary>A board with its ranks.</summary>
/// <param name="Board">What is ranked.</param>
/// <param name="Group">Kind of environment.</param>
/// <param name="Baseline">What times are divided by; null on other boards.</param>
/// <param name="Cells">Cells that count, in order of difficulty.</param>
/// <param name="Rows">Ranked entrants; scores of cost boards are logarithms of ratios.</param>
/// <param name="Partial">Entrants that lack numbers and are not ranked.</param>
/// <param name="UpdatedAt">Newest number.</param>
internal sealed record BoardRanks(
    BoardSummary Board, string? Group, string? Baseline, IReadOnlyList<string> Cells, IReadOnlyList<BoardRow> Rows, IReadOnlyList<PartialRow> Partial,
    DateTimeOffset? UpdatedAt)
{
    /// <summary>The ranks of a view.</summary>
    public static BoardRanks Of(BoardView view) => new(
        BoardSummary.Of(view.Board), view.Group, view.Baseline, view.Cells, view.Rows, view.Partial, view.UpdatedAt);
}
