namespace Bench.Agent.Validation;

/// <summary>What <c>bench validate</c> found; each figure beside the bound it must keep.</summary>
internal sealed record MethodReport
{
    /// <summary>Share of pairs of equal kernels that the A/B rule calls different. At most 0.01.</summary>
    public required double AaFalsePositiveRate { get; init; }

    /// <summary>Share of 95 % intervals that contain the true median. Between 0.93 and 0.97, or above: order statistics are discrete.</summary>
    public required double Coverage95 { get; init; }

    /// <summary>Share of pairs in which a true 5 % slow-down of a 10 ms kernel is found at the default budget. At least 0.95.</summary>
    public required double PowerAt5Percent { get; init; }

    /// <summary>
    /// The same share for a <see cref="BareLoop"/> of about 10 ms: the machine's own power, which no method can beat with the same time. Below 0.95 it
    /// is the machine that hides a slow-down of 5 %.
    /// </summary>
    public required double BareLoopPowerAt5Percent { get; init; }

    /// <summary>Share of cells whose medians agree within 3 % between two separate runs. At least 0.95 on an idle machine.</summary>
    public required double MedianAgreementWithin3Percent { get; init; }

    /// <summary>
    /// The same share for the quickest tenth of the repetitions, which other work on the machine disturbs least: far above the medians' share where the
    /// machine is not idle.
    /// </summary>
    public required double UndisturbedAgreementWithin3Percent { get; init; }

    /// <summary>
    /// The same share for a bare loop of multiply-adds, run just before each of those runs: the machine's own agreement, which no method can beat.
    /// Below 0.95 the machine is not idle, whatever its load says: neighbours on the same host or core disturb it.
    /// </summary>
    public required double BareLoopAgreementWithin3Percent { get; init; }

    /// <summary>Share of the processor time that this machine wanted and its host gave to others while the cells ran.</summary>
    public required double StolenShare { get; init; }

    /// <summary>
    /// Share of those cells' samples before or after which another hardware thread worked on the core; see <see cref="Suites.Harness.CoreProbe"/>. Such
    /// samples are repeated, but what comes and goes within a sample stays in it.
    /// </summary>
    public required double SharedCoreShare { get; init; }

    /// <summary>Share of a run's wall time spent in warm-up and timed passes at the budget of <c>full</c>. At least 0.6.</summary>
    public required double UsefulTimeShare { get; init; }

    /// <summary>What the harness itself costs between two repetitions, median over cells. At most 20.</summary>
    public required double OverheadMicroseconds { get; init; }

    /// <summary>How many A/A pairs, intervals, power pairs and cells the figures rest on.</summary>
    public required SortedDictionary<string, int> Counts { get; init; }

    /// <summary>Load of the machine while it ran; figures of a busy machine say more about the machine than about the method.</summary>
    public required double LoadAverage { get; init; }

    /// <summary>The cells that were run twice; their ratios make <see cref="MedianAgreementWithin3Percent"/>.</summary>
    public required IReadOnlyList<RepeatedCell> RunTwice { get; init; }

    /// <summary>The cells of <c>full</c> whose sums make <see cref="UsefulTimeShare"/>.</summary>
    public required IReadOnlyList<CellShare> Shares { get; init; }
}

/// <summary>Medians of two separate runs of one cell.</summary>
/// <param name="Cell">Key of the cell.</param>
/// <param name="FirstMilliseconds">Median of the first run.</param>
/// <param name="SecondMilliseconds">Median of the second.</param>
/// <param name="Ratio">Second over first.</param>
/// <param name="UndisturbedRatio">The same ratio of the tenth below which the quickest repetitions lie.</param>
/// <param name="BareRatio">The same ratio of a <see cref="BareLoop"/> before each run.</param>
internal sealed record RepeatedCell(string Cell, double FirstMilliseconds, double SecondMilliseconds, double Ratio, double UndisturbedRatio, double BareRatio)
{
    /// <summary>Whether the two are within 3 % of each other.</summary>
    internal bool Agrees => Within(Ratio);

    /// <summary>Whether the quickest tenths are.</summary>
    internal bool UndisturbedAgrees => Within(UndisturbedRatio);

    /// <summary>Whether the bare loop's two are.</summary>
    internal bool BareAgrees => Within(BareRatio);

    private static bool Within(double ratio) => Math.Abs(ratio - 1) <= 0.03;
}

/// <summary>Where the wall time of one cell went.</summary>
/// <param name="Task">Its task.</param>
/// <param name="Implementation">What was timed.</param>
/// <param name="Length">Query positions.</param>
/// <param name="UsefulSeconds">Warm-up and timed passes of all processes.</param>
/// <param name="Seconds">The whole cell: processes, checks, memory and the above.</param>
/// <param name="Phases">Seconds by phase.</param>
internal sealed record CellShare(
    string Task, string Implementation, int Length, double UsefulSeconds, double Seconds, IReadOnlyDictionary<string, double> Phases);
