using Quartz;

namespace Bench.Web.Schedules;

/// <summary>Which fires of a schedule nobody saw.</summary>
internal static class MissedFires
{
    private const int Most = 100;

    /// <summary>Due times after the last known fire and before the present one, at most the newest hundred.</summary>
    /// <param name="cron">Times in UTC.</param>
    /// <param name="last">Due time of the last fire that is known; null means the schedule is new.</param>
    /// <param name="present">Due time of the fire that runs now.</param>
    public static IReadOnlyList<DateTime> Between(string cron, DateTime? last, DateTime present)
    {
        if (last is null)
        {
            return [];
        }

        var times = new Queue<DateTime>();
        var expression = new CronExpression(cron, TimeZoneInfo.Utc);
        for (var at = expression.GetNextValidTimeAfter(last.Value); at is { } due && due.UtcDateTime < present; at = expression.GetNextValidTimeAfter(due))
        {
            times.Enqueue(due.UtcDateTime);
            if (times.Count > Most)
            {
                times.Dequeue();
            }
        }

        return [.. times];
    }
}
