using Bench.Domain.Analysis;

namespace Bench.Agent.Loop;

/// <summary>
/// What the service costs an agent: the time from the end of one cell to the beginning of the next, in which the result is written, flushed and
/// delivered and the next lease is taken. Waits for work do not count.
/// </summary>
internal sealed class CellGaps
{
    private readonly List<double> _milliseconds = [];
    private TimeSpan? _ended;

    /// <summary>How many were seen.</summary>
    public int Count => _milliseconds.Count;

    /// <summary>Their median in milliseconds; null before the first.</summary>
    public double? MedianMilliseconds => Count == 0 ? null : Quantiles.Median([.. _milliseconds]);

    /// <summary>A cell begins to run.</summary>
    /// <param name="at">Time on any steady clock.</param>
    public void Starts(TimeSpan at)
    {
        if (_ended is { } ended)
        {
            _milliseconds.Add((at - ended).TotalMilliseconds);
        }

        _ended = null;
    }

    /// <summary>A cell has ended.</summary>
    public void Ends(TimeSpan at) => _ended = at;

    /// <summary>The server had no work: what follows is waiting.</summary>
    public void Waits() => _ended = null;
}
