using System.Security.Claims;

namespace Bench.Web.Auth;

/// <summary>Who sent a request.</summary>
internal static class Caller
{
    public const string AgentClaim = "bench:agent";
    public const string ScopeClaim = "bench:scope";

    /// <summary>Id of the agent whose key was sent; null for people.</summary>
    public static string? AgentId(this ClaimsPrincipal caller) => caller.FindFirstValue(AgentClaim);

    /// <summary>The caller as the audit log names it: <c>agent:name</c> or <c>user:name</c>.</summary>
    public static string Actor(this ClaimsPrincipal caller) =>
        caller.Identity?.IsAuthenticated == true
            ? $"{(caller.AgentId() is null ? "user" : "agent")}:{caller.Identity.Name}"
            : "anonymous";

    /// <summary>Whether the caller's key or role permits this.</summary>
    public static bool Has(this ClaimsPrincipal caller, string scope) => caller.HasClaim(ScopeClaim, scope);
}
