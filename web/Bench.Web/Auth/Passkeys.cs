using System.Security.Claims;
using Bench.Data.Rows;
using Bench.Web.Api;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Mvc;

namespace Bench.Web.Auth;

/// <summary>
/// Passkeys (WebAuthn): added with a session, used instead of a password. The challenge travels in a protected cookie for five minutes, so any
/// server can check the answer. Each call carries the antiforgery token of the page that made it.
/// </summary>
internal static class Passkeys
{
    private const string ChallengeCookie = "bench-passkey";
    private const int MaxName = 64;
    private static readonly TimeSpan ChallengeLifetime = TimeSpan.FromMinutes(5);

    /// <summary>Registers the framework's handler over our accounts.</summary>
    public static void AddPasskeys(this IServiceCollection services)
    {
        services.AddIdentityCore<UserRow>().AddUserStore<PasskeyStore>();
        services.AddScoped<IPasskeyHandler<UserRow>, PasskeyHandler<UserRow>>();
        services.Configure<IdentityPasskeyOptions>(options =>
        {
            options.UserVerificationRequirement = "required";
            options.ResidentKeyRequirement = "required";
        });
    }

    /// <summary>Serves the four calls of <c>js/passkey.js</c>.</summary>
    public static IEndpointRouteBuilder MapPasskeys(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/account/passkeys").WithTags("Passkeys").AddEndpointFilter(RequireTokenAsync).ExcludeFromDescription()
            .WithMetadata(new SkipStatusCodePagesAttribute());
        group.MapPost("/creation-options", CreationOptions).WithName("PasskeyCreationOptions").RequireAuthorization();
        group.MapPost("/", Add).WithName("AddPasskey").RequireAuthorization();
        group.MapPost("/request-options", RequestOptions).WithName("PasskeyRequestOptions").AllowAnonymous().RequireRateLimiting(RateLimits.Secrets);
        group.MapPost("/sign-in", SignIn).WithName("SignInWithPasskey").AllowAnonymous().RequireRateLimiting(RateLimits.Secrets);
        return routes;
    }

    private static async Task<IResult> CreationOptions(HttpContext http, Accounts accounts, IPasskeyHandler<UserRow> passkeys, IDataProtectionProvider protection)
    {
        if (await accounts.FindAsync(UserId(http)) is not { } user)
        {
            return Results.Unauthorized();
        }

        var made = await passkeys.MakeCreationOptionsAsync(new PasskeyUserEntity { Id = user.Id, Name = user.Name, DisplayName = user.Name }, http);
        Remember(http, protection, made.AttestationState);
        return Results.Content(made.CreationOptionsJson, "application/json");
    }

    private static async Task<IResult> Add(
        NewPasskey wish, HttpContext http, Accounts accounts, IPasskeyHandler<UserRow> passkeys, IDataProtectionProvider protection,
        ILogger<PasskeyStore> log)
    {
        if (await accounts.FindAsync(UserId(http)) is not { } user)
        {
            return Results.Unauthorized();
        }

        var name = wish.Name.Trim();
        if (name.Length is 0 or > MaxName || name.Any(char.IsControl))
        {
            return ProblemKind.ValidationFailed.Because("A passkey's name has 1 to 64 characters.");
        }

        var result = await passkeys.PerformAttestationAsync(
            new PasskeyAttestationContext { HttpContext = http, CredentialJson = wish.Credential, AttestationState = Recall(http, protection) });
        if (!result.Succeeded || result.UserEntity?.Id != user.Id)
        {
            log.LogWarning(result.Failure, "A passkey of {Name} could not be added", user.Name);
            return ProblemKind.ValidationFailed.Because("The browser's answer does not fit the challenge.", "Begin again on the account page.");
        }

        result.Passkey.Name = name;
        return await accounts.AddPasskeyAsync(user, result.Passkey)
            ? Results.NoContent()
            : ProblemKind.Conflict.Because("This passkey belongs to an account already.", "Use another authenticator.");
    }

    private static async Task<IResult> RequestOptions(HttpContext http, IPasskeyHandler<UserRow> passkeys, IDataProtectionProvider protection)
    {
        var made = await passkeys.MakeRequestOptionsAsync(null, http);
        Remember(http, protection, made.AssertionState);
        return Results.Content(made.RequestOptionsJson, "application/json");
    }

    private static async Task<IResult> SignIn(
        PasskeyAnswer answer, HttpContext http, Accounts accounts, IPasskeyHandler<UserRow> passkeys, IDataProtectionProvider protection,
        ILogger<PasskeyStore> log)
    {
        var result = await passkeys.PerformAssertionAsync(
            new PasskeyAssertionContext { HttpContext = http, CredentialJson = answer.Credential, AssertionState = Recall(http, protection) });
        if (!result.Succeeded)
        {
            log.LogInformation("A sign-in with a passkey was refused: {Reason}", result.Failure?.Message);
            return ProblemKind.Unauthenticated.Because("The passkey is unknown here, or its answer does not fit the challenge.", "Sign in with your password.");
        }

        await accounts.UsePasskeyAsync(result.User, result.Passkey);
        await http.SignInAsync(Accounts.PrincipalOf(result.User));
        return Results.NoContent();
    }

    private static async ValueTask<object?> RequireTokenAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var antiforgery = context.HttpContext.RequestServices.GetRequiredService<IAntiforgery>();
        return await antiforgery.IsRequestValidAsync(context.HttpContext)
            ? await next(context)
            : ProblemKind.Forbidden.Because("The antiforgery token of the page is missing or old.", "Reload the page.");
    }

    private static void Remember(HttpContext http, IDataProtectionProvider protection, string? state) => http.Response.Cookies.Append(
        ChallengeCookie, Protector(protection).Protect(state ?? "", ChallengeLifetime), new CookieOptions
        {
            HttpOnly = true,
            SameSite = SameSiteMode.Strict,
            Secure = http.Request.IsHttps,
            MaxAge = ChallengeLifetime,
            Path = "/account/passkeys",
            IsEssential = true,
        });

    /// <summary>The challenge of this browser, which can be answered once.</summary>
    private static string? Recall(HttpContext http, IDataProtectionProvider protection)
    {
        http.Response.Cookies.Delete(ChallengeCookie, new CookieOptions { Path = "/account/passkeys" });
        try
        {
            return http.Request.Cookies[ChallengeCookie] is { } cookie ? Protector(protection).Unprotect(cookie) : null;
        }
        catch (System.Security.Cryptography.CryptographicException)
        {
            return null;
        }
    }

    private static ITimeLimitedDataProtector Protector(IDataProtectionProvider protection) =>
        protection.CreateProtector("bench.passkey.v1").ToTimeLimitedDataProtector();

    private static string UserId(HttpContext http) => http.User.FindFirstValue(ClaimTypes.NameIdentifier) ?? "";
}

/// <summary>A passkey to add: the browser's answer as JSON text, and a name for people.</summary>
internal sealed record NewPasskey(string Credential, string Name);

/// <summary>The browser's answer to a sign-in, as JSON text.</summary>
internal sealed record PasskeyAnswer(string Credential);
