namespace Bench.Web.Components.Charts;

/// <summary>Maps a score to one of nine steps between random guessing and the best possible value; the same for a whole board.</summary>
/// <param name="Guess">Value that random guessing reaches; the palest step.</param>
/// <param name="Best">Largest possible value; the strongest step.</param>
public sealed record HeatScale(double Guess, double Best)
{
    /// <summary>Number of steps in the style sheet.</summary>
    public const int Steps = 9;

    /// <summary>Step from 0 to 8. Values beyond an end get the end's step.</summary>
    public int Step(double value) => Math.Clamp((int)Math.Floor((value - Guess) / (Best - Guess) * Steps), 0, Steps - 1);
}
