using Bench.Agent.Loop;
using Bench.Domain.Matrix;
using Bench.Domain.Protocol;
using Bench.Suites.Harness;
using Spectre.Console;

namespace Bench.Agent.Up;

/// <summary>A progress bar where there is a terminal, otherwise a line every ten seconds at most.</summary>
internal sealed class ProgressWatcher(TextWriter output, TimeProvider clock) : IAgentWatcher
{
    private static readonly TimeSpan LineInterval = TimeSpan.FromSeconds(10);
    private readonly bool _live = AnsiConsole.Profile.Capabilities.Interactive && !Console.IsOutputRedirected
        && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("CI"));

    private readonly Lock _gate = new();
    private readonly DateTimeOffset _started = clock.GetUtcNow();
    private DateTimeOffset _lastLine = DateTimeOffset.MinValue;
    private string _current = "";
    private int _done;

    /// <summary>Cells in all.</summary>
    public int Total { get; set; }

    /// <summary>Whether the end of the suite was announced.</summary>
    public bool SaidDone { get; set; }

    /// <summary>Cells that ended without a number in this session.</summary>
    public int WithoutNumber { get; private set; }

    /// <inheritdoc />
    public void Started(Assignment assignment) =>
        Show($"{assignment.Cell.Task} {assignment.Cell.Implementation} {assignment.Cell.Pattern.Name} N={assignment.Cell.Length}");

    /// <inheritdoc />
    public void Progressed(Assignment assignment, PartProgress progress)
    {
        if (progress.Message is { } message)
        {
            Show($"{assignment.Cell.Task} {assignment.Cell.Implementation}: {message}");
        }
    }

    /// <inheritdoc />
    public void Finished(Assignment assignment, ResultSubmission submission)
    {
        lock (_gate)
        {
            _done++;
            WithoutNumber += submission.Failure is null ? 0 : 1;
        }

        Show(LineWatcher.Describe(assignment, submission));
    }

    /// <inheritdoc />
    public void Warn(string message)
    {
        lock (_gate)
        {
            Clear();
            output.WriteLine(message);
        }
    }

    /// <summary>Ends the bar with a new line.</summary>
    public void End()
    {
        lock (_gate)
        {
            if (_live)
            {
                output.WriteLine();
            }
        }
    }

    private void Show(string current)
    {
        lock (_gate)
        {
            _current = current;
            if (_live)
            {
                Clear();
                output.Write(Bar());
            }
            else if (clock.GetUtcNow() - _lastLine >= LineInterval || _done == Total)
            {
                _lastLine = clock.GetUtcNow();
                output.WriteLine($"{_done}/{Total} {_current}");
            }
        }
    }

    private void Clear()
    {
        if (_live)
        {
            output.Write("\r\u001b[K");
        }
    }

    private string Bar()
    {
        const int cells = 24;
        var share = Total == 0 ? 0 : Math.Clamp((double)_done / Total, 0, 1);
        var full = (int)(share * cells);
        var elapsed = clock.GetUtcNow() - _started;
        var left = _done > 0 ? $" {elapsed / _done * (Total - _done):m\\:ss} left" : "";
        var text = $"{new string('█', full)}{new string('░', cells - full)} {_done}/{Total}{left}  {_current}";
        var width = Math.Max(20, AnsiConsole.Profile.Width - 1);
        return text.Length <= width ? text : text[..width];
    }
}
