using Bench.Domain.Randomness;

namespace Bench.Suites.Recall;

/// <summary>Parameters of grid questions.</summary>
public sealed record GridQuestionOptions
{
    /// <summary>Other objects in the grid.</summary>
    public int Distractors { get; init; } = 5;

    /// <summary>Whether a question chooses between two by a third (depth 3) or stands alone (depth 1).</summary>
    public bool Conditional { get; init; }

    /// <summary>True: the grid is the source and the instruction the target (noncausal-cross). False: one sequence, grid first.</summary>
    public bool Cross { get; init; }
}

/// <summary>
/// A 10 × 10 grid of coloured letters and an instruction in operators: exist, go, get colour, get letter, if-then-else. One of 138 classes
/// is the
/// answer, asked at the last position.
/// </summary>
/// <remarks>
/// After gCOG, Ito et al., arXiv:2401.15030, IBM/gcog: grid, objects, classes and balancing are the paper's; its sum and product operators
/// are left
/// out, and instructions are tokens instead of one-hot rows. The answer is drawn before the distractors, none of which makes it ambiguous.
/// </remarks>
public sealed class GridQuestion : TokenTask
{
    private const int Objects = GridProgram.Colours * GridProgram.Letters;
    private const int FirstOperator = 1 + Objects;
    private const int If = FirstOperator + 4;
    private const int End = If + 1;
    private const int FirstAnswer = End + 1;
    private const int FirstLetter = FirstAnswer + 2 + GridProgram.Cells;
    private const int FirstColour = FirstLetter + GridProgram.Letters;

    // if + three questions of at most three tokens, then the place where the answer is asked
    private const int InstructionLength = 11;
    private const int MostTargets = 3;
    private readonly GridQuestionOptions _options;

    /// <summary>The task with checked options.</summary>
    /// <exception cref="ArgumentException">More distractors than cells that targets leave.</exception>
    public GridQuestion(GridQuestionOptions options) => _options = options.Distractors is >= 0 and <= GridProgram.Cells - MostTargets
        ? options
        : throw new ArgumentException(
            $"{options.Distractors} distractors do not fit {GridProgram.Cells} cells with {MostTargets} targets.", nameof(options));

    /// <inheritdoc />
    public override string Name => _options.Cross ? "grid-question-cross" : "grid-question";

    /// <inheritdoc />
    public override int VocabularySize => FirstColour + GridProgram.Colours;

    /// <inheritdoc />
    public override int Length => _options.Cross ? InstructionLength : GridProgram.Cells + InstructionLength;

    /// <inheritdoc />
    public override int SourceLength => _options.Cross ? GridProgram.Cells : 0;

    private protected override void Fill(CounterRandom random, TokenRow row)
    {
        GridObject?[]? grid;
        GridProgram program;
        do
        {
            program = _options.Conditional
                ? new GridProgram(GridOperator.Exist, default) { Condition = Question(random, GridOperator.Exist), Then = Question(random), Else = Question(random) }
                : Question(random);
            grid = Grid(random, program);
        }
        while (grid is null);

        var cells = _options.Cross ? row.Source : row.Inputs[..GridProgram.Cells];
        for (var cell = 0; cell < grid.Length; cell++)
        {
            cells[cell] = grid[cell] is { } thing ? 1 + (thing.Colour * GridProgram.Letters) + thing.Letter : 0;
        }

        var instruction = row.Inputs[^InstructionLength..];
        instruction.Fill(End);
        Tokens(program).CopyTo(instruction);
        row.Labels[^1] = FirstAnswer + program.Answer(grid)!.Value;
    }

    private protected override string? BrokenLaw(TokenSample sample)
    {
        var grid = new GridObject?[GridProgram.Cells];
        var cells = _options.Cross ? sample.Source : sample.Inputs[..GridProgram.Cells];
        for (var cell = 0; cell < grid.Length; cell++)
        {
            if (cells[cell] > Objects)
            {
                return $"Cell {cell} holds the token {cells[cell]}, which is no object.";
            }

            grid[cell] = cells[cell] == 0 ? null : new GridObject((cells[cell] - 1) / GridProgram.Letters, (cells[cell] - 1) % GridProgram.Letters);
        }

        var instruction = sample.Inputs[^InstructionLength..];
        if (Parse(instruction) is not { } program || program.Condition is not null != _options.Conditional)
        {
            return "The instruction cannot be read, or is of another depth.";
        }

        if (program.Answer(grid) is not { } answer)
        {
            return "The question is ambiguous or speaks of nothing.";
        }

        int[] expected = [.. Enumerable.Repeat(TokenBatch.NotScored, Length - 1), FirstAnswer + answer];
        return Differs(sample.Labels, expected);
    }

    private static GridProgram Question(CounterRandom random, GridOperator? fixedOperator = null) => new(
        fixedOperator ?? (GridOperator)random.Next(4), new GridObject(random.Next(GridProgram.Colours), random.Next(GridProgram.Letters)));

    /// <summary>
    /// Targets first, an existence question's with even odds, then distractors that concern no question; null when targets clash.
    /// </summary>
    private GridObject?[]? Grid(CounterRandom random, GridProgram program)
    {
        var objects = program.Questions
            .Where(question => question.Operator != GridOperator.Exist || random.Next(2) == 0)
            .Select(question => question.Target).Distinct().ToList();
        while (objects.Count(thing => !program.Questions.Any(question => question.Concerns(thing))) < _options.Distractors)
        {
            var distractor = Question(random).Target;
            if (!program.Questions.Any(question => question.Concerns(distractor)))
            {
                objects.Add(distractor);
            }
        }

        var grid = new GridObject?[GridProgram.Cells];
        var cells = random.Distinct(0, GridProgram.Cells, objects.Count);
        for (var i = 0; i < cells.Length; i++)
        {
            grid[cells[i]] = objects[i];
        }

        return program.Questions.All(question => question.Answer(grid) is not null) ? grid : null;
    }

    private static int[] Tokens(GridProgram program) => program.Condition is not null
        ? [If, .. program.Questions.SelectMany(Tokens)]
        : program.Operator switch
        {
            GridOperator.GetColour => [FirstOperator + 2, FirstLetter + program.Target.Letter],
            GridOperator.GetLetter => [FirstOperator + 3, FirstColour + program.Target.Colour],
            _ => [FirstOperator + (int)program.Operator, FirstColour + program.Target.Colour, FirstLetter + program.Target.Letter],
        };

    /// <summary>Reads an instruction that is padded with end tokens, at least one; null when it is none.</summary>
    private static GridProgram? Parse(ReadOnlySpan<int> tokens)
    {
        var position = 0;
        var program = Program(tokens, ref position);
        return program is null || position >= tokens.Length || tokens[position..].ContainsAnyExcept(End) ? null : program;
    }

    private static GridProgram? Program(ReadOnlySpan<int> tokens, ref int position)
    {
        if (tokens[position] != If)
        {
            return Question(tokens, ref position);
        }

        position++;
        var (condition, first, second) = (Question(tokens, ref position), Question(tokens, ref position), Question(tokens, ref position));
        return condition is { Operator: GridOperator.Exist } && first is not null && second is not null
            ? new GridProgram(GridOperator.Exist, default) { Condition = condition, Then = first, Else = second }
            : null;
    }

    private static GridProgram? Question(ReadOnlySpan<int> tokens, ref int position)
    {
        var head = position < tokens.Length ? tokens[position++] - FirstOperator : -1;
        if (head is < 0 or > 3)
        {
            return null;
        }

        var asked = (GridOperator)head;
        int colour = 0, letter = 0;
        if (asked != GridOperator.GetColour && !Read(tokens, ref position, FirstColour, GridProgram.Colours, out colour))
        {
            return null;
        }

        return asked != GridOperator.GetLetter && !Read(tokens, ref position, FirstLetter, GridProgram.Letters, out letter)
            ? null
            : new GridProgram(asked, new GridObject(colour, letter));
    }

    private static bool Read(ReadOnlySpan<int> tokens, ref int position, int first, int count, out int value)
    {
        value = position < tokens.Length ? tokens[position++] - first : -1;
        return value >= 0 && value < count;
    }
}
