using Bench.Domain.Randomness;

namespace Bench.Suites.Lra;

/// <summary>Parameters of ListOps.</summary>
public sealed record ListOpsOptions
{
    /// <summary>Deepest node, the root being 1; a node there is a digit.</summary>
    public int MaxDepth { get; init; } = 10;

    /// <summary>Most arguments of an operator; the fewest are 2.</summary>
    public int MaxArguments { get; init; } = 10;

    /// <summary>Expressions have more tokens than this.</summary>
    public int MinLengthExclusive { get; init; } = 500;

    /// <summary>Expressions have fewer tokens than this.</summary>
    public int MaxLengthExclusive { get; init; } = 2000;

    /// <summary>L: tokens of a row after padding.</summary>
    public int Length { get; init; } = 2000;
}

/// <summary>Nested list operations on digits; the class is the value of the expression, 0 … 9.</summary>
/// <remarks>
/// Nangia and Bowman, arXiv:1804.06028; Tay et al., "Long Range Arena", arXiv:2011.04006; google-research/long-range-arena,
/// lra_benchmarks/data/listops.py. Streaming: row r of a seed is always the same.
/// </remarks>
public sealed class ListOps
{
    /// <summary>Share of nodes above the deepest that are digits.</summary>
    private const double DigitShare = 0.75;

    private readonly ListOpsOptions _options;

    /// <summary>The task with checked options.</summary>
    /// <exception cref="ArgumentException">No expression can have a permitted length.</exception>
    public ListOps(ListOpsOptions options) =>
        _options = options.MaxArguments >= 2 && options.MaxDepth >= 2 && options.MaxLengthExclusive - options.MinLengthExclusive > 1
            && options.MaxLengthExclusive > 4
            ? options
            : throw new ArgumentException(
                $"No expression has between {options.MinLengthExclusive} and {options.MaxLengthExclusive} tokens (both exclusive) with "
                    + $"depth {options.MaxDepth}.",
                nameof(options));

    /// <summary>Ids of <see cref="ListOpsExpression"/>, padding 0 included.</summary>
    public static int VocabularySize => ListOpsExpression.Symbols.Count + 1;

    /// <summary>Classes: the ten digits.</summary>
    public static int Classes => 10;

    /// <summary>Rows of a seed, padded or cut to the length.</summary>
    public ClassificationBatch Generate(long seed, long firstRow, int rows) => ClassificationBatch.Of(
        _options.Length,
        [.. Enumerable.Range(0, rows).Select(row => Expression(seed, firstRow + row))
            .Select(expression => ((IReadOnlyList<int>)expression.Tokens(), expression.Value))]);

    /// <summary>The expression of one row: random trees until one has a permitted length.</summary>
    public ListOpsExpression Expression(long seed, long row)
    {
        var random = new CounterRandom(seed, row);
        while (true)
        {
            var tree = Tree(random, depth: 1);
            if (tree.Length > _options.MinLengthExclusive && tree.Length < _options.MaxLengthExclusive)
            {
                return tree;
            }
        }
    }

    /// <summary>The first law that an expression breaks, or null.</summary>
    public string? Violation(ListOpsExpression expression)
    {
        if (expression.Length <= _options.MinLengthExclusive || expression.Length >= _options.MaxLengthExclusive)
        {
            return $"It has {expression.Length} tokens, not between {_options.MinLengthExclusive} and {_options.MaxLengthExclusive}.";
        }

        // The deepest node is a digit, so operators nest one less.
        return expression.Depth > _options.MaxDepth - 1 ? $"Its operators nest {expression.Depth} deep; {_options.MaxDepth - 1} are "
            + "allowed."
            : expression.MostArguments > _options.MaxArguments ? $"An operator has {expression.MostArguments} arguments; "
                + $"{_options.MaxArguments} are allowed."
            : expression.FewestArguments < 2 ? $"An operator has {expression.FewestArguments} argument(s); two are the fewest." : null;
    }

    private ListOpsExpression Tree(CounterRandom random, int depth)
    {
        if (depth >= _options.MaxDepth || random.NextDouble() < DigitShare)
        {
            return ListOpsExpression.Digit(random.Next(10));
        }

        var arguments = new ListOpsExpression[2 + random.Next(_options.MaxArguments - 1)];
        for (var i = 0; i < arguments.Length; i++)
        {
            arguments[i] = Tree(random, depth + 1);
        }

        return ListOpsExpression.Operation((ListOpsOperator)random.Next(4), arguments);
    }
}
