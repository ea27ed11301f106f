using System.Text.Json;
using Bench.Domain.Matrix;
using Bench.Domain.Protocol;
using Bench.Domain.Results;

namespace Bench.Suites.Harness;

/// <summary>What a child process is asked to do, one JSON document on its standard input.</summary>
public sealed record ChildRequest
{
    /// <summary>What to run.</summary>
    public required Cell Cell { get; init; }

    /// <summary>Which part of it.</summary>
    public required CellPart Part { get; init; }

    /// <summary>Seed of inputs, weights and data order.</summary>
    public required int Seed { get; init; }

    /// <summary>How much effort to spend.</summary>
    public required Budget Budget { get; init; }

    /// <summary>Folder for the state of long parts; null for none.</summary>
    public string? Checkpoints { get; init; }

    /// <summary>Ratio of the quiet core as processes before found it; null for none. See <see cref="CoreProbe"/>.</summary>
    public double? QuietCore { get; init; }
}

/// <summary>One line from a child process: progress, the result, or the failure. Every other line of its output is log.</summary>
public sealed record ChildMessage
{
    /// <summary>Start of a line that is a message.</summary>
    public const string Mark = "@bench ";

    /// <summary>Where the part stands.</summary>
    public PartProgress? Progress { get; init; }

    /// <summary>The result; the last message.</summary>
    public PartResult? Result { get; init; }

    /// <summary>Why there is none; the last message.</summary>
    public Failure? Failure { get; init; }

    /// <summary>The line that carries this message.</summary>
    public string ToLine() => Mark + JsonSerializer.Serialize(this, WireJson.Strict);

    /// <summary>The message in a line, or null for a line of log.</summary>
    public static ChildMessage? FromLine(string line)
    {
        if (!line.StartsWith(Mark, StringComparison.Ordinal))
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize<ChildMessage>(line.AsSpan(Mark.Length), WireJson.Strict);
        }
        catch (JsonException)
        {
            // Half a line of a process that was killed is log, not a message.
            return null;
        }
    }
}
