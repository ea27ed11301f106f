using Bench.Domain.Matrix;

namespace Bench.Suites.Cab.Text;

/// <summary>What the tasks on text share.</summary>
internal static class TextTasks
{
    /// <summary>Forward and backward of a small backbone on one core, in seconds; generous.</summary>
    public static double SecondsPerToken(Cell cell)
    {
        var width = cell.Heads * cell.HeadSize / 64.0;
        return 2e-5 * width * width * Math.Max(1, cell.Length / 1024.0);
    }
}
