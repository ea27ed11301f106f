using System.Security.Claims;
using System.Text.Encodings.Web;
using Bench.Data;
using Bench.Data.Agents;
using Bench.Web.Api;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace Bench.Web.Auth;

/// <summary>Reads <c>Authorization: Bearer ab_…</c>. A wrong key is refused with 401, a key without the scope with 403.</summary>
internal sealed class BearerKeys(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory log, UrlEncoder encoder, KeyLookups lookups, KeyRing keys, TimeProvider clock)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, log, encoder)
{
    public const string SchemeName = "Bearer";

    /// <inheritdoc />
    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var header = Request.Headers.Authorization.ToString();
        if (!header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase))
        {
            return AuthenticateResult.NoResult();
        }

        var key = header["Bearer ".Length..].Trim();
        var row = KeyRing.IdOf(key) is { } id ? KeyRing.Check(key, await lookups.FindAsync(id), clock.Now()) : null;
        if (row is null)
        {
            return AuthenticateResult.Fail("The key is unknown, expired or revoked.");
        }

        await keys.NoteUseAsync(row, Context.RequestAborted);
        var identity = new ClaimsIdentity(SchemeName);
        identity.AddClaim(new Claim(ClaimTypes.Name, row.Name));
        identity.AddClaim(new Claim(ClaimTypes.NameIdentifier, row.Id));
        identity.AddClaims(row.Scopes.Select(scope => new Claim(Caller.ScopeClaim, scope)));
        if (row.AgentId is not null)
        {
            identity.AddClaim(new Claim(Caller.AgentClaim, row.AgentId));
        }

        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), SchemeName));
    }

    /// <inheritdoc />
    protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        var failure = (await HandleAuthenticateOnceAsync()).Failure;
        Response.Headers.WWWAuthenticate = failure is null ? "Bearer realm=\"bench\"" : "Bearer realm=\"bench\", error=\"invalid_token\"";
        await Problems.WriteAsync(Context, ProblemKind.Unauthenticated, failure?.Message ?? "No key was sent.");
    }

    /// <inheritdoc />
    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) => Problems.WriteAsync(
        Context, ProblemKind.Forbidden, $"The caller lacks the scope '{Policies.ScopeOf(Context)}' that this address needs.");
}
