namespace Bench.Web.Schedules;

/// <summary>Times and contents of schedules; the "Schedules" section of the configuration.</summary>
internal sealed class ScheduleOptions
{
    public const string Section = "Schedules";

    /// <summary>Whether schedules run at this server at all.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>Quartz cron expressions in UTC by schedule name, in place of the defaults.</summary>
    public Dictionary<string, string> Cron { get; init; } = [];

    /// <summary>Suites that the nightly rerun queues; empty means every suite that was pushed.</summary>
    public List<string> NightlySuites { get; init; } = [];
}
