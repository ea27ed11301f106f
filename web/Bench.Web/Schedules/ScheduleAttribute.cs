namespace Bench.Web.Schedules;

/// <summary>Makes a job a schedule. The configuration may give it other times: <c>Schedules:Cron:NightlyRerun</c>.</summary>
/// <param name="cron">Times as a Quartz cron expression, in UTC.</param>
/// <param name="title">What it does, for people.</param>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class ScheduleAttribute(string cron, string title) : Attribute
{
    /// <summary>Times as a Quartz cron expression, in UTC.</summary>
    public string Cron { get; } = cron;

    /// <summary>What it does, for people.</summary>
    public string Title { get; } = title;

    /// <summary>Whether each fire is kept; the sweep, every few seconds, is not.</summary>
    public bool IsRecorded { get; init; } = true;
}
