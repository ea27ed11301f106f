namespace Bench.Suites.Recall;

/// <summary>
/// A source of token rows with labels: pure, seeded and streaming. Row r of a seed is always the same, whichever batch it is asked for in,
/// so
/// batches can be made ahead, on another thread, or again after a resume.
/// </summary>
public interface ITokenTask
{
    /// <summary>Kebab-case name, such as <c>mqar</c>.</summary>
    string Name { get; }

    /// <summary>Tokens are 0 … VocabularySize − 1, in inputs, sources and labels.</summary>
    int VocabularySize { get; }

    /// <summary>L: tokens of every input row.</summary>
    int Length { get; }

    /// <summary>M: tokens of every source row of a cross pattern; 0 for self patterns.</summary>
    int SourceLength { get; }

    /// <summary>Makes rows <paramref name="firstRow"/> … <paramref name="firstRow"/> + <paramref name="rows"/> − 1 of a seed.</summary>
    /// <param name="seed">Which data set; see <see cref="TokenTasks.TestSeed"/> for keeping train and test apart.</param>
    /// <param name="firstRow">Index of the first row, from 0.</param>
    /// <param name="rows">How many rows.</param>
    TokenBatch Generate(long seed, long firstRow, int rows);

    /// <summary>
    /// The first law that a row breaks, or null when it could have come from this task: labels are recomputed from the inputs by other
    /// means
    /// than the generator's.
    /// </summary>
    /// <param name="sample">One row.</param>
    string? Violation(TokenSample sample);
}

/// <summary>What every token task can do.</summary>
public static class TokenTasks
{
    /// <summary>The first rows of a seed.</summary>
    public static TokenBatch Generate(this ITokenTask task, long seed, int rows) => task.Generate(seed, 0, rows);

    /// <summary>A seed for training data: below 2³¹, as zoology keeps them.</summary>
    /// <param name="seed">Seed of the run, not negative and below 2³¹.</param>
    public static long TrainSeed(int seed) => seed >= 0 ? seed : throw new ArgumentOutOfRangeException(nameof(seed), seed, "Seeds start at 0.");

    /// <summary>A seed for test data: from 2³¹ on, so that no training run ever sees its rows' stream.</summary>
    /// <param name="seed">Seed of the run, not negative and below 2³¹.</param>
    public static long TestSeed(int seed) => TrainSeed(seed) + (1L << 31);
}
