using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Bench.Web.Api;

/// <summary>Conditional writes: nobody replaces what another changed meanwhile without having seen it.</summary>
internal static class Preconditions
{
    /// <summary>From this version of the protocol on, callers must send <c>If-Match</c>.</summary>
    private const int SinceProtocol = 2;

    /// <summary>The strong tag of what a client can change about an object.</summary>
    public static string TagOf(params string[] parts) =>
        $"\"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\u001f', parts))))[..32]}\"";

    /// <summary>Why a write may not go on.</summary>
    /// <param name="http">Request.</param>
    /// <param name="present">Tag of what is stored; null when nothing is.</param>
    /// <param name="wanted">Tag of what the request would store. Storing the same again needs no condition.</param>
    /// <returns>Null when it may.</returns>
    public static ProblemHttpResult? Refusal(HttpContext http, string? present, string wanted)
    {
        var (match, none) = (http.Request.Headers.IfMatch.ToString(), http.Request.Headers.IfNoneMatch.ToString());
        if (none == "*" && present is not null)
        {
            return ProblemKind.PreconditionFailed.Because("'If-None-Match: *' asks for a new object, and there is one already.");
        }

        if (match.Length > 0)
        {
            return present is not null && (match == "*" || match.Split(',', StringSplitOptions.TrimEntries).Contains(present))
                ? null
                : ProblemKind.PreconditionFailed.Because(
                    present is null ? "'If-Match' names a version, and nothing is stored." : $"What is stored has the tag {present}, not {Shown(match)}.");
        }

        return present is null || present == wanted || Protocol.VersionOf(http) < SinceProtocol
            ? null
            : ProblemKind.PreconditionRequired.Because(
                "The object exists and the request would change it.", "Send 'If-Match' with the ETag that a GET gave you, or 'If-Match: *' to replace it whatever it is.");
    }

    private static string Shown(string match) => match.Length > 80 ? match[..80] + "…" : match;
}
