using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Threading.RateLimiting;
using Bench.Web.Api;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.Options;

namespace Bench.Web.Auth;

/// <summary>How much one caller may ask; the "RateLimits" section of the configuration.</summary>
internal sealed class RateLimitOptions
{
    public const string Section = "RateLimits";

    /// <summary>Requests a second of one address, on average; reads, pages and wrong keys.</summary>
    [Range(1, 100_000)]
    public int AddressPerSecond { get; init; } = 50;

    /// <summary>Requests that one address may make at once.</summary>
    [Range(1, 100_000)]
    public int AddressBurst { get; init; } = 300;

    /// <summary>Enrolments and sign-ins a minute of one address.</summary>
    [Range(1, 100_000)]
    public int SecretsPerMinute { get; init; } = 20;

    /// <summary>Writes a second of one address; many agents may share it.</summary>
    [Range(1, 100_000)]
    public int WritesPerSecond { get; init; } = 2_000;

    /// <summary>Requests a second of one key, on average.</summary>
    [Range(1, 100_000)]
    public int KeyPerSecond { get; init; } = 100;

    /// <summary>Requests that one key may make at once.</summary>
    [Range(1, 100_000)]
    public int KeyBurst { get; init; } = 500;
}

/// <summary>Limits by address before anything is read from the database, so that a flood costs little.</summary>
internal static class RateLimits
{
    /// <summary>Policy of addresses that take a secret.</summary>
    public const string Secrets = "secrets";

    /// <summary>Registers the limits.</summary>
    public static void AddRateLimits(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<RateLimitOptions>().BindConfiguration(RateLimitOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddRateLimiter(_ => { });
        builder.Services.AddOptions<RateLimiterOptions>().Configure<IOptions<RateLimitOptions>>((limiter, options) =>
        {
            var limits = options.Value;
            limiter.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(http => Partition(http, limits));
            limiter.AddPolicy(Secrets, http => RateLimitPartition.GetFixedWindowLimiter(
                "secrets " + AddressOf(http),
                _ => new FixedWindowRateLimiterOptions { PermitLimit = limits.SecretsPerMinute, Window = TimeSpan.FromMinutes(1) }));
            limiter.OnRejected = RejectAsync;
        });
    }

    private static RateLimitPartition<string> Partition(HttpContext http, RateLimitOptions limits)
    {
        var path = http.Request.Path;
        if (path == "/healthz" || path == "/readyz" || path == "/metrics")
        {
            return RateLimitPartition.GetNoLimiter("health");
        }

        var writes = path.StartsWithSegments("/api") && !HttpMethods.IsGet(http.Request.Method) && http.Request.Headers.Authorization.Count > 0;
        var rate = writes ? limits.WritesPerSecond : limits.AddressPerSecond;
        var burst = writes ? limits.WritesPerSecond : limits.AddressBurst;
        http.Items[Quota.Item] = new Quota(burst, rate);
        return RateLimitPartition.GetTokenBucketLimiter((writes ? "writes " : "reads ") + AddressOf(http), _ => Bucket(burst, rate));
    }

    /// <summary>A bucket that holds a burst and fills at a rate a second.</summary>
    public static TokenBucketRateLimiterOptions Bucket(int burst, int rate) => new()
    {
        TokenLimit = burst,
        TokensPerPeriod = Math.Max(1, rate / 10),
        ReplenishmentPeriod = TimeSpan.FromMilliseconds(rate >= 10 ? 100 : 1000.0 / rate),
    };

    private static async ValueTask RejectAsync(OnRejectedContext context, CancellationToken cancellation)
    {
        var wait = context.Lease.TryGetMetadata(MetadataName.RetryAfter, out var after) ? Math.Max(1, (int)Math.Ceiling(after.TotalSeconds)) : 1;
        await RefuseAsync(context.HttpContext, wait, "This address sent more requests than it may at once.");
    }

    /// <summary>The answer to somebody who asked too often.</summary>
    public static Task RefuseAsync(HttpContext http, int waitSeconds, string detail)
    {
        http.Response.Headers.RetryAfter = waitSeconds.ToString(CultureInfo.InvariantCulture);
        http.Response.Headers["RateLimit-Remaining"] = "0";
        http.Response.Headers["RateLimit-Reset"] = waitSeconds.ToString(CultureInfo.InvariantCulture);
        return Problems.WriteAsync(http, ProblemKind.RateLimited, detail);
    }

    private static string AddressOf(HttpContext http) => http.Connection.RemoteIpAddress?.ToString() ?? "unknown";
}

/// <summary>What a caller may ask.</summary>
/// <param name="Burst">Requests at once.</param>
/// <param name="PerSecond">Requests a second, on average.</param>
internal sealed record Quota(int Burst, int PerSecond)
{
    /// <summary>Where the request carries it.</summary>
    public const string Item = "bench:quota";
}
