using System.Diagnostics;
using Bench.Domain.Protocol;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace Bench.Web.Api;

/// <summary>Refusals as <c>application/problem+json</c> (RFC 9457): what happened and why in <c>detail</c>, what to do in <c>remedy</c>.</summary>
internal static class Problems
{
    /// <summary>A refusal as the answer of a handler.</summary>
    public static ProblemHttpResult Because(this ProblemKind kind, string detail, string? remedy = null) =>
        TypedResults.Problem(Details(kind, detail, remedy));

    /// <summary>A refusal for each broken rule.</summary>
    public static ProblemHttpResult Mistakes(IReadOnlyList<WireMistake> mistakes)
    {
        var problem = Details(
            ProblemKind.ValidationFailed,
            $"{mistakes.Count} {(mistakes.Count == 1 ? "value breaks" : "values break")} a rule, the first at '{mistakes[0].Pointer}': {mistakes[0].Rule}");
        problem.Extensions["errors"] = mistakes.Take(100).GroupBy(mistake => mistake.Pointer)
            .ToDictionary(group => group.Key, group => group.Select(mistake => mistake.Rule).Distinct().ToArray());
        return TypedResults.Problem(problem);
    }

    /// <summary>The document of a refusal.</summary>
    public static ProblemDetails Details(ProblemKind kind, string detail, string? remedy = null) => new()
    {
        Type = $"/problems/{kind.Slug}",
        Title = kind.Title,
        Status = kind.Status,
        Detail = detail,
        Extensions = { ["remedy"] = remedy ?? kind.Remedy },
    };

    /// <summary>Writes a refusal outside of a handler, with what every problem carries.</summary>
    public static Task WriteAsync(HttpContext context, ProblemKind kind, string detail, string? remedy = null)
    {
        context.Response.StatusCode = kind.Status;
        return TypedResults.Problem(Details(kind, detail, remedy)).ExecuteAsync(context);
    }

    /// <summary>Adds what every problem carries.</summary>
    public static void Complete(ProblemDetailsContext context)
    {
        context.ProblemDetails.Instance ??= context.HttpContext.Request.Path;
        context.ProblemDetails.Extensions.TryAdd("traceId", Activity.Current?.Id ?? context.HttpContext.TraceIdentifier);
    }
}
