using System.Globalization;

namespace Bench.Suites.Harness;

/// <summary>How much effort a suite spends on a cell.</summary>
public sealed record Budget
{
    /// <summary>Timing processes whose samples are pooled.</summary>
    public int Processes { get; init; } = 5;

    /// <summary>Least samples in each process.</summary>
    public int MinSamples { get; init; } = 15;

    /// <summary>Least seconds of timed passes in each process.</summary>
    public double MinSeconds { get; init; } = 2.5;

    /// <summary>Most seconds of timed passes in each process; a longer single pass is still one sample.</summary>
    public double MaxSeconds { get; init; } = 10;

    /// <summary>Stop early once the 95 % interval of the median is within ± this share of it.</summary>
    public double TargetRelativeError { get; init; } = 0.01;

    /// <summary>Whether peak memory is measured, in a process of its own.</summary>
    public bool Memory { get; init; } = true;

    /// <summary>Threads of libtorch.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>
    /// Whether the last-level cache is emptied before every timed pass. The figures then belong to a protocol of their own, as a pass of a
    /// real model finds its inputs somewhere between the two.
    /// </summary>
    public bool ColdCache { get; init; }

    /// <summary>Seconds after which a child process is stopped and the cell becomes a time-out.</summary>
    public double TimeLimitSeconds { get; init; } = 300;

    /// <summary>Reads the text form of a planned cell over the defaults.</summary>
    /// <exception cref="FormatException">A name is unknown or a value cannot be read.</exception>
    public static Budget Parse(IReadOnlyDictionary<string, string> values) => values.Aggregate(new Budget(), Apply);

    private static Budget Apply(Budget budget, KeyValuePair<string, string> value)
    {
        double Number(double least) =>
            double.TryParse(value.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number >= least && double.IsFinite(number)
                ? number
                : throw new FormatException($"Budget '{value.Key}' is '{value.Value}'; it must be a number of at least {least}.");
        bool Truth() => bool.TryParse(value.Value, out var truth)
            ? truth
            : throw new FormatException($"Budget '{value.Key}' is '{value.Value}'; it must be true or false.");
        return value.Key switch
        {
            "processes" => budget with { Processes = (int)Number(1) },
            "minSamples" => budget with { MinSamples = (int)Number(1) },
            "minSeconds" => budget with { MinSeconds = Number(0) },
            "maxSeconds" => budget with { MaxSeconds = Number(0.001) },
            "targetRelativeError" => budget with { TargetRelativeError = Number(0) },
            "threads" => budget with { Threads = (int)Number(1) },
            "timeLimitSeconds" => budget with { TimeLimitSeconds = Number(1) },
            "memory" => budget with { Memory = Truth() },
            "coldCache" => budget with { ColdCache = Truth() },
            _ => throw new FormatException(
                $"There is no budget '{value.Key}'; there are processes, minSamples, minSeconds, maxSeconds, targetRelativeError, threads, timeLimitSeconds, memory, coldCache."),
        };
    }
}
