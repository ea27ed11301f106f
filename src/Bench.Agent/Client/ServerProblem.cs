using System.Net;

namespace Bench.Agent.Client;

/// <summary>The server refused a request: its problem document as an exception.</summary>
internal sealed class ServerProblem(HttpStatusCode status, string type, string title, string detail) : Exception(
    detail.Length > 0 ? $"{title}: {detail}" : title)
{
    /// <summary>HTTP status.</summary>
    public HttpStatusCode Status { get; } = status;

    /// <summary>Last part of the problem's type, such as <c>lease-lost</c>.</summary>
    public string Type { get; } = type;

    /// <summary>Whether the same request may succeed later.</summary>
    public bool IsTransient => (int)Status >= 500 || Status is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout
        || Type == "in-flight";

    /// <summary>The exit code of a command that meets it.</summary>
    public int ExitCode => Status switch
    {
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => Agent.ExitCode.Forbidden,
        HttpStatusCode.NotFound => Agent.ExitCode.NotFound,
        HttpStatusCode.Conflict => Agent.ExitCode.Conflict,
        HttpStatusCode.BadRequest or HttpStatusCode.RequestEntityTooLarge or HttpStatusCode.UnprocessableEntity => Agent.ExitCode.Usage,
        _ => Agent.ExitCode.Unavailable,
    };
}
