using System.Security.Claims;
using System.Threading.RateLimiting;
using Microsoft.Extensions.Options;

namespace Bench.Web.Auth;

/// <summary>How much one key may ask. It comes after the key was checked: nobody can use up the share of a key that is not his.</summary>
internal sealed class KeyLimits(RequestDelegate next, IOptions<RateLimitOptions> options) : IDisposable
{
    /// <summary>Where the request carries what the key may still ask.</summary>
    public const string RemainingItem = "bench:key-remaining";

    private readonly PartitionedRateLimiter<string> _keys = PartitionedRateLimiter.Create<string, string>(key =>
        RateLimitPartition.GetTokenBucketLimiter(key, _ => RateLimits.Bucket(options.Value.KeyBurst, options.Value.KeyPerSecond)));

    public async Task InvokeAsync(HttpContext context)
    {
        if (context.User.Identity is not { IsAuthenticated: true, AuthenticationType: BearerKeys.SchemeName }
            || context.User.FindFirstValue(ClaimTypes.NameIdentifier) is not { } key)
        {
            await next(context);
            return;
        }

        using var lease = _keys.AttemptAcquire(key);
        context.Items[Quota.Item] = new Quota(options.Value.KeyBurst, options.Value.KeyPerSecond);
        context.Items[RemainingItem] = _keys.GetStatistics(key)?.CurrentAvailablePermits ?? 0;
        if (lease.IsAcquired)
        {
            await next(context);
            return;
        }

        var wait = lease.TryGetMetadata(MetadataName.RetryAfter, out var after) ? Math.Max(1, (int)Math.Ceiling(after.TotalSeconds)) : 1;
        await RateLimits.RefuseAsync(context, wait, "This key sent more requests than it may at once.");
    }

    /// <inheritdoc />
    public void Dispose() => _keys.Dispose();
}
