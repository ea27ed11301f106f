using System.Globalization;
using Bench.Domain.Results;

namespace Bench.Web.Components.Format;

/// <summary>How the site writes numbers, units and instants: the same everywhere, whatever the culture of the server.</summary>
public static class Show
{
    /// <summary>Groups thousands without letting a line break between them.</summary>
    public const char NarrowSpace = '\u202F';

    /// <summary>A measured quantity in the unit of its metric, scaled for people: 0.000981 s reads <c>981 µs</c>.</summary>
    /// <param name="value">The number in <paramref name="unit"/>.</param>
    /// <param name="unit">Unit symbol of the metric catalogue.</param>
    public static string Quantity(double value, string unit) => unit switch
    {
        "ms" => Milliseconds(value),
        "B" => Bytes(value),
        "1" => Percent(value) + " %",
        "" => Significant(value),
        "FLOP" or "FLOP/s" or "B/s" => Prefixed(value, unit),
        _ => $"{Significant(value)} {unit}",
    };

    /// <summary>A number that a run stores beside its metrics: with its unit, switches and tiers in words.</summary>
    /// <param name="value">The number.</param>
    /// <param name="unit">Unit of the <see cref="RunFact"/>.</param>
    public static string Fact(double value, string unit) => unit switch
    {
        RunFact.Switch => value == 0 ? "no" : "yes",
        RunFact.Tier => value >= 0 && value < RunFact.Tiers.Count ? RunFact.Tiers[(int)value] : Significant(value),
        "" => Significant(value, 4),
        _ => Quantity(value, unit),
    };

    /// <summary>A large amount with a decimal prefix: 1.6e11 FLOP/s reads <c>160 GFLOP/s</c>.</summary>
    public static string Prefixed(double value, string unit) =>
        Scaled(value, 1000, ["", "k", "M", "G", "T", "P", "E"], unit);

    /// <summary>A time given in milliseconds, with three significant digits and its unit.</summary>
    public static string Milliseconds(double value) => Math.Abs(value) switch
    {
        0 => "0 ms",
        < 0.0009995 => $"{Significant(value * 1e6)} ns",
        < 0.9995 => $"{Significant(value * 1e3)} µs",
        < 999.5 => $"{Significant(value)} ms",
        < 119_500 => $"{Significant(value / 1e3)} s",
        _ => $"{Significant(value / 60e3)} min",
    };

    /// <summary>A size in binary units with three significant digits.</summary>
    public static string Bytes(double value) => Scaled(value, 1024, ["", "Ki", "Mi", "Gi", "Ti"], "B");

    /// <summary>A fraction as a percentage with one decimal, without its sign: 0.9823 reads <c>98.2</c>.</summary>
    public static string Percent(double fraction) => (fraction * 100).ToString("0.0", CultureInfo.InvariantCulture);

    /// <summary>Three significant digits, never in scientific notation within twelve powers of ten, thousands grouped.</summary>
    public static string Significant(double value, int digits = 3)
    {
        if (value == 0 || !double.IsFinite(value))
        {
            return value == 0 ? "0" : "n/a";
        }

        var magnitude = (int)Math.Floor(Math.Log10(Math.Abs(value)));
        var factor = Math.Pow(10, digits - 1 - magnitude);
        var rounded = double.IsFinite(factor) && factor > 0 ? Math.Round(value * factor) / factor : value;
        magnitude = (int)Math.Floor(Math.Log10(Math.Abs(rounded)) + 1e-12);
        return magnitude is < -6 or > 12
            ? rounded.ToString("0.##e+0", CultureInfo.InvariantCulture)
            : Grouped(rounded, Math.Max(0, digits - 1 - magnitude));
    }

    /// <summary>Up to three significant digits without zeros at the end, for ticks: <c>0.1</c>, <c>20</c>.</summary>
    public static string Short(double value)
    {
        var text = Significant(value);
        return text.Contains('.', StringComparison.Ordinal) && !text.Contains('e', StringComparison.Ordinal)
            ? text.TrimEnd('0').TrimEnd('.')
            : text;
    }

    /// <summary>A count with grouped thousands.</summary>
    public static string Count(long value) => Grouped(value, 0);

    /// <summary>A sequence length as axes show it: k = 1024, so 16384 reads <c>16k</c>; other numbers stay as they are.</summary>
    public static string Length(double tokens) => tokens >= 1024 && tokens % 1024 == 0
        ? $"{(tokens / 1024).ToString("0", CultureInfo.InvariantCulture)}k"
        : Grouped(tokens, 0);

    /// <summary>A ratio to the baseline: <c>2.13×</c>.</summary>
    public static string Ratio(double ratio) => Significant(ratio) + "×";

    /// <summary>An instant in UTC: <c>2025-03-01 14:05 UTC</c>.</summary>
    public static string Instant(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);

    /// <summary>An instant for the <c>datetime</c> attribute.</summary>
    public static string Machine(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>A span as people say it: <c>42 s</c>, <c>3 min</c>, <c>5 h</c>, <c>12 d</c>.</summary>
    public static string Span(TimeSpan span) => Math.Abs(span.TotalSeconds) switch
    {
        < 1 => $"{Significant(span.TotalMilliseconds)} ms",
        < 90 => $"{Math.Round(span.TotalSeconds).ToString("0", CultureInfo.InvariantCulture)} s",
        < 90 * 60 => $"{Math.Round(span.TotalMinutes).ToString("0", CultureInfo.InvariantCulture)} min",
        < 36 * 3600 => $"{Math.Round(span.TotalHours).ToString("0", CultureInfo.InvariantCulture)} h",
        _ => $"{Math.Round(span.TotalDays).ToString("0", CultureInfo.InvariantCulture)} d",
    };

    /// <summary>Full precision for tables that are copied and for tooltips, invariant culture.</summary>
    public static string Exact(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static string Grouped(double value, int decimals)
    {
        var text = value.ToString("F" + decimals.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        var (sign, digits) = text.StartsWith('-') ? ("\u2212", text[1..]) : ("", text);
        var point = digits.IndexOf('.', StringComparison.Ordinal);
        var whole = point < 0 ? digits : digits[..point];
        if (whole.Length > 4)
        {
            for (var at = whole.Length - 3; at > 0; at -= 3)
            {
                whole = whole.Insert(at, NarrowSpace.ToString());
            }
        }

        return sign + whole + (point < 0 ? "" : digits[point..]);
    }

    /// <summary>With the largest prefix that leaves at least 1.</summary>
    private static string Scaled(double value, double step, ReadOnlySpan<string> prefixes, string unit)
    {
        var power = 0;
        while (Math.Abs(value) >= step - 0.5 && power < prefixes.Length - 1)
        {
            value /= step;
            power++;
        }

        return $"{Significant(value)} {prefixes[power]}{unit}";
    }
}
