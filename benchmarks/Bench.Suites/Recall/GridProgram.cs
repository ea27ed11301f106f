namespace Bench.Suites.Recall;

/// <summary>What a grid question asks.</summary>
public enum GridOperator
{
    /// <summary>Is there an object of this colour and letter?</summary>
    Exist,

    /// <summary>Where is the object of this colour and letter?</summary>
    Go,

    /// <summary>Which colour has the object with this letter?</summary>
    GetColour,

    /// <summary>Which letter has the object of this colour?</summary>
    GetLetter,
}

/// <summary>An object: colour 0 … 9 and letter 0 … 25.</summary>
/// <param name="Colour">0 … 9.</param>
/// <param name="Letter">0 … 25.</param>
public readonly record struct GridObject(int Colour, int Letter);

/// <summary>A question about a grid, or a choice between two depending on a third.</summary>
/// <param name="Operator">What is asked when there is no condition.</param>
/// <param name="Target">Colour and letter that the operator names; an operator ignores the one that it asks for.</param>
public sealed record GridProgram(GridOperator Operator, GridObject Target)
{
    /// <summary>Cells of a grid.</summary>
    public const int Cells = 100;

    /// <summary>Colours.</summary>
    public const int Colours = 10;

    /// <summary>Letters.</summary>
    public const int Letters = 26;

    /// <summary>Asked first where there is a choice: always whether an object exists.</summary>
    public GridProgram? Condition { get; init; }

    /// <summary>Asked when the condition holds.</summary>
    public GridProgram? Then { get; init; }

    /// <summary>Asked when it does not.</summary>
    public GridProgram? Else { get; init; }

    /// <summary>This program and its parts that name objects.</summary>
    public IEnumerable<GridProgram> Questions => Condition is null ? [this] : [Condition, Then!, Else!];

    /// <summary>Whether the object is one that the operator speaks of.</summary>
    public bool Concerns(GridObject other) => Operator switch
    {
        GridOperator.GetColour => other.Letter == Target.Letter,
        GridOperator.GetLetter => other.Colour == Target.Colour,
        _ => other == Target,
    };

    /// <summary>
    /// The answer's class: 0 true, 1 false, 2 … 101 cells, 102 … 127 letters, 128 … 137 colours.
    /// </summary>
    /// <param name="grid">Object of every cell, or null.</param>
    /// <returns>Null when the question is ambiguous or speaks of nothing.</returns>
    public int? Answer(IReadOnlyList<GridObject?> grid)
    {
        if (Condition is not null)
        {
            return (Condition.Answer(grid) == 0 ? Then! : Else!).Answer(grid);
        }

        var cells = Enumerable.Range(0, grid.Count).Where(cell => grid[cell] is { } other && Concerns(other)).ToList();
        return Operator == GridOperator.Exist ? (cells.Count > 0 ? 0 : 1)
            : cells.Count != 1 ? null
            : Operator switch
            {
                GridOperator.Go => 2 + cells[0],
                GridOperator.GetLetter => 2 + Cells + grid[cells[0]]!.Value.Letter,
                _ => 2 + Cells + Letters + grid[cells[0]]!.Value.Colour,
            };
    }
}
