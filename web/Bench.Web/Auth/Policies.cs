using Bench.Data.Agents;
using Bench.Web.Api;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.Options;

namespace Bench.Web.Auth;

/// <summary>One policy for each scope, named like it.</summary>
internal static class Policies
{
    /// <summary>Registers keys and policies.</summary>
    public static void AddIdentity(this WebApplicationBuilder builder)
    {
        builder.Services.AddDataProtection().SetApplicationName("bench");
        builder.Services.AddSingleton<IConfigureOptions<KeyManagementOptions>, SharedKeys>().AddSingleton<Cursors>();
        builder.Services.AddAuthentication(BearerKeys.SchemeName)
            .AddScheme<AuthenticationSchemeOptions, BearerKeys>(BearerKeys.SchemeName, null);
        var policies = builder.Services.AddAuthorizationBuilder();
        foreach (var scope in Scopes.All)
        {
            policies.AddPolicy(scope, policy => policy.RequireAuthenticatedUser().RequireClaim(Caller.ScopeClaim, scope));
        }
    }

    /// <summary>The scope that the address of a request needs.</summary>
    public static string ScopeOf(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetOrderedMetadata<IAuthorizeData>().LastOrDefault(data => data.Policy is not null)?.Policy ?? "";
}
