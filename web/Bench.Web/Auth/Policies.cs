using Bench.Data.Agents;
using Bench.Data.Rows;
using Bench.Web.Api;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace Bench.Web.Auth;

/// <summary>
/// Keys for programs, cookies for people. The API accepts keys only, so that no page of another site can use a session; pages accept sessions
/// only, and their forms carry an antiforgery token.
/// </summary>
internal static class Policies
{
    /// <summary>Registers keys, sessions and one policy for each scope, named like it.</summary>
    public static void AddIdentity(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<AccountOptions>().BindConfiguration(AccountOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddDataProtection().SetApplicationName("bench");
        builder.Services.AddSingleton<IConfigureOptions<KeyManagementOptions>, SharedKeys>().AddSingleton<Cursors>().AddSingleton<KeyLookups>();
        builder.Services.AddSingleton<IPasswordHasher<UserRow>, PasswordHasher<UserRow>>().AddScoped<Accounts>();
        builder.Services.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme)
            .AddScheme<AuthenticationSchemeOptions, BearerKeys>(BearerKeys.SchemeName, null)
            .AddCookie();
        builder.Services.AddOptions<CookieAuthenticationOptions>(CookieAuthenticationDefaults.AuthenticationScheme)
            .Configure<IOptions<AccountOptions>>((cookie, accounts) =>
            {
                cookie.Cookie.Name = "bench";
                cookie.Cookie.HttpOnly = true;
                cookie.Cookie.SameSite = SameSiteMode.Lax;
                cookie.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
                cookie.ExpireTimeSpan = accounts.Value.SessionLength;
                cookie.LoginPath = "/account";
                cookie.AccessDeniedPath = "/account";
                cookie.Events.OnValidatePrincipal = Accounts.ValidateAsync;
            });
        builder.Services.AddPasskeys();
        builder.AddOidc();
        builder.Services.AddAntiforgery(antiforgery => antiforgery.HeaderName = "RequestVerificationToken");
        builder.Services.AddCascadingAuthenticationState();
        var policies = builder.Services.AddAuthorizationBuilder();
        foreach (var scope in Scopes.All)
        {
            policies.AddPolicy(scope, policy => policy
                .AddAuthenticationSchemes(BearerKeys.SchemeName).RequireAuthenticatedUser().RequireClaim(Caller.ScopeClaim, scope));
        }
    }

    /// <summary>The scope that the address of a request needs.</summary>
    public static string ScopeOf(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetOrderedMetadata<IAuthorizeData>().LastOrDefault(data => data.Policy is not null)?.Policy ?? "";
}
