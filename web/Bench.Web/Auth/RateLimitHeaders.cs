using System.Globalization;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.Options;

namespace Bench.Web.Auth;

/// <summary>
/// Tells every caller of the API how much it may still ask, before it asks too much: <c>RateLimit-Limit</c>, <c>-Remaining</c> and <c>-Reset</c>,
/// the seconds until its whole burst is there again.
/// </summary>
internal sealed class RateLimitHeaders(RequestDelegate next, IOptions<RateLimiterOptions> limiter)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (context.Request.Path.StartsWithSegments("/api"))
        {
            context.Response.OnStarting(() =>
            {
                Write(context);
                return Task.CompletedTask;
            });
        }

        return next(context);
    }

    private void Write(HttpContext context)
    {
        var headers = context.Response.Headers;
        if (context.Items[Quota.Item] is not Quota quota || headers.ContainsKey("RateLimit-Remaining"))
        {
            return;
        }

        var remaining = context.Items[KeyLimits.RemainingItem] as long?
            ?? limiter.Value.GlobalLimiter?.GetStatistics(context)?.CurrentAvailablePermits ?? quota.Burst;
        headers["RateLimit-Limit"] = quota.Burst.ToString(CultureInfo.InvariantCulture);
        headers["RateLimit-Remaining"] = remaining.ToString(CultureInfo.InvariantCulture);
        headers["RateLimit-Reset"] = Math.Ceiling((quota.Burst - remaining) / (double)quota.PerSecond).ToString(CultureInfo.InvariantCulture);
    }
}
