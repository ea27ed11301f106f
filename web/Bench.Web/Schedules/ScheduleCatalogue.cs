using System.Reflection;
using Quartz;

namespace Bench.Web.Schedules;

/// <summary>The schedules of this program, found by their attribute.</summary>
internal static class ScheduleCatalogue
{
    /// <summary>All, by name.</summary>
    public static IReadOnlyList<ScheduleEntry> All { get; } =
    [
        .. typeof(ScheduleCatalogue).Assembly.GetTypes()
            .Where(type => type.GetCustomAttribute<ScheduleAttribute>() is not null)
            .Select(type => new ScheduleEntry(NameOf(type), type, type.GetCustomAttribute<ScheduleAttribute>()!))
            .OrderBy(entry => entry.Name, StringComparer.Ordinal),
    ];

    /// <summary>Times of a schedule after configuration.</summary>
    /// <exception cref="FormatException">The configured expression is no cron expression; the message says which.</exception>
    public static string CronOf(ScheduleEntry entry, ScheduleOptions options)
    {
        var cron = options.Cron.GetValueOrDefault(entry.Name, entry.Attribute.Cron);
        return CronExpression.TryParse(cron, out _)
            ? cron
            : throw new FormatException(
                $"Schedules:Cron:{entry.Name} is '{cron}', which is no Quartz cron expression. Its default is '{entry.Attribute.Cron}' "
                + "(seconds, minutes, hours, day of month, month, day of week).");
    }

    private static string NameOf(Type type) => type.Name.EndsWith("Job", StringComparison.Ordinal) ? type.Name[..^3] : type.Name;
}

/// <summary>One schedule.</summary>
/// <param name="Name">Class name without "Job".</param>
/// <param name="JobType">Class.</param>
/// <param name="Attribute">Times and title.</param>
internal sealed record ScheduleEntry(string Name, Type JobType, ScheduleAttribute Attribute);
