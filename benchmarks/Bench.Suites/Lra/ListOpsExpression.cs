using System.Globalization;

namespace Bench.Suites.Lra;

/// <summary>An operator of ListOps; token ids are one more than these numbers.</summary>
public enum ListOpsOperator
{
    /// <summary>Smallest argument.</summary>
    Min,

    /// <summary>Largest argument.</summary>
    Max,

    /// <summary>Median; of an even count the mean of the two middle values, cut to an integer.</summary>
    Median,

    /// <summary>Sum modulo ten.</summary>
    SumModulo,
}

/// <summary>A digit, or an operator with arguments. Its value, length and depth are known from the start.</summary>
public sealed class ListOpsExpression
{
    private const int Close = 5;
    private const int FirstDigit = 6;

    private ListOpsExpression(ListOpsOperator? head, IReadOnlyList<ListOpsExpression> arguments, int value)
    {
        (Head, Arguments, Value) = (head, arguments, value);
        Length = head is null ? 1 : 2 + arguments.Sum(argument => argument.Length);
        Depth = head is null ? 0 : 1 + arguments.Max(argument => argument.Depth);
        MostArguments = head is null ? 0 : Math.Max(arguments.Count, arguments.Max(argument => argument.MostArguments));
        FewestArguments = head is null ? int.MaxValue : Math.Min(arguments.Count, arguments.Min(argument => argument.FewestArguments));
    }

    /// <summary>Texts of the tokens; the id of a text is its index plus one, and 0 pads.</summary>
    public static IReadOnlyList<string> Symbols { get; } =
        ["[MIN", "[MAX", "[MED", "[SM", "X", .. Enumerable.Range(0, 10).Select(digit => digit.ToString(CultureInfo.InvariantCulture))];

    /// <summary>The operator, or null for a digit.</summary>
    public ListOpsOperator? Head { get; }

    /// <summary>Arguments in order; empty for a digit.</summary>
    public IReadOnlyList<ListOpsExpression> Arguments { get; }

    /// <summary>0 … 9.</summary>
    public int Value { get; }

    /// <summary>Tokens, closing brackets included.</summary>
    public int Length { get; }

    /// <summary>How deep operators nest; 0 for a digit.</summary>
    public int Depth { get; }

    /// <summary>Arguments of the widest operator.</summary>
    public int MostArguments { get; }

    /// <summary>Arguments of the narrowest operator.</summary>
    public int FewestArguments { get; }

    /// <summary>A digit.</summary>
    public static ListOpsExpression Digit(int digit) => new(null, [], digit);

    /// <summary>An operator with arguments.</summary>
    public static ListOpsExpression Operation(ListOpsOperator head, IReadOnlyList<ListOpsExpression> arguments) =>
        new(head, arguments, Evaluate(head, arguments));

    /// <summary>Reads token ids; every token must be used.</summary>
    /// <exception cref="FormatException">The ids are no expression; the message names the place.</exception>
    public static ListOpsExpression Parse(IReadOnlyList<int> tokens)
    {
        var position = 0;
        var expression = Parse(tokens, ref position);
        return position == tokens.Count
            ? expression
            : throw new FormatException($"The expression ends at token {position}, but {tokens.Count - position} more follow.");
    }

    /// <summary>Ids of texts separated by blanks, with <c>]</c> written <c>X</c>.</summary>
    /// <exception cref="FormatException">A text is no symbol.</exception>
    public static int[] Ids(string text) => [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(symbol =>
        Symbols.Index().Where(item => item.Item == symbol).Select(item => item.Index + 1).FirstOrDefault() is > 0 and var id
            ? id
            : throw new FormatException($"'{symbol}' is no symbol of ListOps; there are {string.Join(' ', Symbols)}."))];

    /// <summary>Tokens of the released files' source column: brackets of the binary form dropped, <c>]</c> renamed.</summary>
    public static string FromSource(string source) => string.Join(' ', source.Split(' ', StringSplitOptions.RemoveEmptyEntries)
        .Where(symbol => symbol is not ("(" or ")")).Select(symbol => symbol == "]" ? "X" : symbol));

    /// <summary>Token ids.</summary>
    public int[] Tokens()
    {
        var tokens = new List<int>(Length);
        Write(tokens);
        return [.. tokens];
    }

    /// <summary>The left-nested binary form in which the authors store it.</summary>
    public string Source()
    {
        if (Head is not { } head)
        {
            return Value.ToString(CultureInfo.InvariantCulture);
        }

        var inner = Arguments.Aggregate(Symbols[(int)head], (left, argument) => $"( {left} {argument.Source()} )");
        return $"( {inner} ] )";
    }

    private static int Evaluate(ListOpsOperator head, IReadOnlyList<ListOpsExpression> arguments)
    {
        var values = arguments.Select(argument => argument.Value).Order().ToArray();
        return head switch
        {
            ListOpsOperator.Min => values[0],
            ListOpsOperator.Max => values[^1],
            ListOpsOperator.SumModulo => values.Sum() % 10,
            _ => (values[(values.Length - 1) / 2] + values[values.Length / 2]) / 2,
        };
    }

    private static ListOpsExpression Parse(IReadOnlyList<int> tokens, ref int position)
    {
        if (position >= tokens.Count)
        {
            throw new FormatException("The expression breaks off: an operator is not closed.");
        }

        var start = position;
        var token = tokens[position++];
        if (token >= FirstDigit && token < FirstDigit + 10)
        {
            return Digit(token - FirstDigit);
        }

        if (token is < 1 or > 4)
        {
            throw new FormatException($"Token {token} at {start} is neither a digit nor an operator.");
        }

        var arguments = new List<ListOpsExpression>();
        while (position >= tokens.Count || tokens[position] != Close)
        {
            arguments.Add(Parse(tokens, ref position));
        }

        position++;
        return arguments.Count > 0
            ? Operation((ListOpsOperator)(token - 1), arguments)
            : throw new FormatException($"The operator at {start} has no arguments.");
    }

    private void Write(List<int> tokens)
    {
        if (Head is not { } head)
        {
            tokens.Add(FirstDigit + Value);
            return;
        }

        tokens.Add((int)head + 1);
        foreach (var argument in Arguments)
        {
            argument.Write(tokens);
        }

        tokens.Add(Close);
    }
}
