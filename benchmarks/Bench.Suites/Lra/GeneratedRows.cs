namespace Bench.Suites.Lra;

/// <summary>Rows from a generator, made on all cores and handed on in their order.</summary>
internal static class GeneratedRows
{
    /// <summary>More rows than all parts need: a generator that repeats itself gets a second and third chance.</summary>
    private const int Spare = 4;

    /// <summary>Rows 0, 1, 2 … of a generator, lazily.</summary>
    /// <param name="counts">How many are needed.</param>
    /// <param name="make">Makes a row; a pure function, called on several threads.</param>
    public static IEnumerable<T> Make<T>(LraCounts counts, Func<long, T> make) =>
        ParallelEnumerable.Range(0, Spare * (counts.Train + counts.Validation + counts.Test)).AsOrdered()
            .WithMergeOptions(ParallelMergeOptions.NotBuffered).Select(row => make(row));
}
