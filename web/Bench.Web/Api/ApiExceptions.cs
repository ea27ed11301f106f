using System.Text.Json;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.EntityFrameworkCore;

namespace Bench.Web.Api;

/// <summary>Turns what the framework throws into problems: unreadable bodies, bodies that are too large, an absent database.</summary>
internal sealed class ApiExceptions(ILogger<ApiExceptions> log) : IExceptionHandler
{
    /// <inheritdoc />
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (!httpContext.Request.Path.StartsWithSegments("/api") && !httpContext.Request.Path.StartsWithSegments("/account/passkeys"))
        {
            return false;
        }

        if (httpContext.RequestAborted.IsCancellationRequested)
        {
            httpContext.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
            return true;
        }

        var (kind, detail) = Read(exception);
        if (kind == ProblemKind.Internal)
        {
            log.LogError(exception, "{Method} {Path} failed", httpContext.Request.Method, httpContext.Request.Path);
        }
        else if (kind == ProblemKind.Unavailable)
        {
            log.LogWarning(exception, "The database did not answer {Method} {Path}", httpContext.Request.Method, httpContext.Request.Path);
            httpContext.Response.Headers.RetryAfter = "5";
        }

        await Problems.WriteAsync(httpContext, kind, detail);
        return true;
    }

    private static (ProblemKind Kind, string Detail) Read(Exception exception) => exception switch
    {
        BadHttpRequestException { StatusCode: 413 } => (ProblemKind.PayloadTooLarge, "The body is larger than this address takes."),
        BadHttpRequestException { StatusCode: 415 } => (ProblemKind.UnsupportedMediaType, "The body's content type is not application/json."),
        BadHttpRequestException { StatusCode: 408 } => (ProblemKind.MalformedJson, "The body did not arrive in time."),
        BadHttpRequestException { InnerException: JsonException json } => (ProblemKind.MalformedJson, Explain(json)),
        BadHttpRequestException bad when bad.Message.Contains("body", StringComparison.OrdinalIgnoreCase) =>
            (ProblemKind.MalformedJson, "The body is empty or null where an object is expected."),
        BadHttpRequestException bad => (ProblemKind.ValidationFailed, bad.Message),
        JsonException json => (ProblemKind.MalformedJson, Explain(json)),
        _ when IsDatabaseAbsent(exception) => (ProblemKind.Unavailable, "The database does not answer at the moment."),
        _ => (ProblemKind.Internal, "Something went wrong that the server did not expect. Nothing of the request was stored."),
    };

    /// <summary>Where the document went wrong, without repeating what the caller sent.</summary>
    private static string Explain(JsonException json)
    {
        var place = json.Path is { Length: > 0 } path && path != "$" ? $" at '{path}'" : "";
        var cause = json.Message switch
        {
            var message when message.Contains("could not be mapped", StringComparison.Ordinal) => "it has a field that is unknown here",
            var message when message.Contains("missing required", StringComparison.Ordinal) => "a required field is missing",
            var message when message.Contains("Duplicate", StringComparison.OrdinalIgnoreCase) => "a field appears twice",
            var message when message.Contains("depth", StringComparison.OrdinalIgnoreCase) => "it is nested too deeply",
            _ => "it is not well formed, or a value has the wrong type",
        };
        return $"The body cannot be read{place}: {cause}.";
    }

    private static bool IsDatabaseAbsent(Exception exception) => exception switch
    {
        Npgsql.PostgresException postgres => postgres.IsTransient || postgres.SqlState.StartsWith("57", StringComparison.Ordinal),
        Npgsql.NpgsqlException => true,
        TimeoutException => true,
        DbUpdateException { InnerException: { } inner } => IsDatabaseAbsent(inner),
        InvalidOperationException { InnerException: { } inner } => IsDatabaseAbsent(inner),
        _ => false,
    };
}
