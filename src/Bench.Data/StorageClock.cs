namespace Bench.Data;

/// <summary>The present as both databases can store it: UTC, whole milliseconds.</summary>
public static class StorageClock
{
    /// <summary>Now, cut to milliseconds.</summary>
    public static DateTime Now(this TimeProvider clock)
    {
        var now = clock.GetUtcNow().UtcDateTime;
        return new DateTime(now.Ticks - now.Ticks % TimeSpan.TicksPerMillisecond, DateTimeKind.Utc);
    }
}
