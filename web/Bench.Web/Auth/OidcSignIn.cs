using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Bench.Web.Auth;

/// <summary>
/// Sign-in through an identity provider: authorisation code with PKCE. The provider says who somebody is and, by a claim, which role; the account
/// is made at the first sign-in, and the session is the same as after a password.
/// </summary>
internal static class OidcSignIn
{
    private const string SchemeName = "oidc";

    /// <summary>Registers the scheme when the configuration names a provider.</summary>
    public static void AddOidc(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<OidcOptions>().BindConfiguration(OidcOptions.Section).ValidateDataAnnotations()
            .Validate(oidc => !oidc.IsUsed || oidc.ClientId.Length > 0, "Oidc:ClientId is missing; Oidc:Authority is set.").ValidateOnStart();
        var options = builder.Configuration.GetSection(OidcOptions.Section).Get<OidcOptions>() ?? new OidcOptions();
        if (!options.IsUsed)
        {
            return;
        }

        builder.Services.AddAuthentication().AddOpenIdConnect(SchemeName, oidc =>
        {
            oidc.SignInScheme = CookieAuthenticationDefaults.AuthenticationScheme;
            oidc.Authority = options.Authority;
            oidc.ClientId = options.ClientId;
            oidc.ClientSecret = options.ReadSecret() is { Length: > 0 } secret ? secret : null;
            oidc.RequireHttpsMetadata = options.RequireHttps;
            oidc.ResponseType = OpenIdConnectResponseType.Code;
            oidc.ResponseMode = OpenIdConnectResponseMode.Query;
            oidc.UsePkce = true;
            oidc.SaveTokens = false;
            oidc.MapInboundClaims = false;
            oidc.CallbackPath = "/account/signed-in";
            oidc.RemoteSignOutPath = default;
            oidc.Scope.Clear();
            oidc.Scope.Add("openid");
            oidc.Scope.Add("profile");
            oidc.GetClaimsFromUserInfoEndpoint = false;
            oidc.NonceCookie.SameSite = SameSiteMode.Lax;
            oidc.CorrelationCookie.SameSite = SameSiteMode.Lax;
            oidc.NonceCookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
            oidc.CorrelationCookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
            // Not when the token is validated: its nonce and state are checked after that.
            oidc.Events.OnTicketReceived = AcceptAsync;
            oidc.Events.OnRemoteFailure = RefuseAsync;
        });
    }

    /// <summary>Serves the link on the sign-in page.</summary>
    public static IEndpointRouteBuilder MapOidc(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/account/single-sign-on", (IOptions<OidcOptions> options) => options.Value.IsUsed
                ? Results.Challenge(new AuthenticationProperties { RedirectUri = "/account" }, [SchemeName])
                : Results.NotFound())
            .WithName("SingleSignOn").WithTags("Account").AllowAnonymous().RequireRateLimiting(RateLimits.Secrets).ExcludeFromDescription();
        return routes;
    }

    /// <summary>The provider vouches for somebody: from here on it is one of our accounts.</summary>
    private static async Task AcceptAsync(TicketReceivedContext context)
    {
        var services = context.HttpContext.RequestServices;
        var options = services.GetRequiredService<IOptions<OidcOptions>>().Value;
        var claims = context.Principal!;
        if (claims.FindFirst("sub") is not { Value: { Length: > 0 } subject } identifier)
        {
            context.Fail("The provider named nobody.");
            return;
        }

        var name = claims.FindFirst("preferred_username")?.Value ?? claims.FindFirst("name")?.Value ?? subject;
        var role = options.RoleOf([.. claims.FindAll(options.RoleClaim).Select(claim => claim.Value)]);
        var user = await services.GetRequiredService<Accounts>().SignInElsewhereAsync(
            $"{identifier.Issuer}|{subject}", name, role, context.HttpContext.RequestAborted);
        context.Principal = Accounts.PrincipalOf(user);
    }

    private static Task RefuseAsync(RemoteFailureContext context)
    {
        context.HttpContext.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger("Bench.Web.Auth.OidcSignIn")
            .LogWarning("A sign-in through the identity provider failed: {Reason}", context.Failure?.Message);
        context.Response.Redirect("/account?refused=provider");
        context.HandleResponse();
        return Task.CompletedTask;
    }
}
