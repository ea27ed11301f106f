namespace Bench.Suites.Cab.Series;

/// <summary>Describes moments by numbers in [−0.5, 0.5]: of the parts of a date that change between steps.</summary>
/// <remarks>The time features of Informer, arXiv:2012.07436.</remarks>
internal static class SeriesMoments
{
    /// <summary>F and the numbers, <c>[R, F]</c>: minute (below an hour), hour (below a day), day of the week, of the month and of the year.</summary>
    public static (int Features, float[] Numbers) Of(SeriesTable table)
    {
        List<Func<DateTime, double>> parts = [time => ((int)time.DayOfWeek + 6) % 7 / 6.0, time => (time.Day - 1) / 30.0, time => (time.DayOfYear - 1) / 365.0];
        if (table.Step < TimeSpan.FromDays(1))
        {
            parts.Insert(0, time => time.Hour / 23.0);
        }

        if (table.Step < TimeSpan.FromHours(1))
        {
            parts.Insert(0, time => time.Minute / 59.0);
        }

        return (parts.Count, [.. table.Times.SelectMany(time => parts.Select(part => (float)(part(time) - 0.5)))]);
    }
}
