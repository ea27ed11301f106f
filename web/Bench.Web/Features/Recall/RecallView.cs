using Bench.Domain.Matrix;
using Bench.Domain.Results;

namespace Bench.Web.Features.Recall;

/// <summary>What to show; null leaves the choice to the query.</summary>
/// <param name="Task">Task id.</param>
/// <param name="Metric">Metric name.</param>
/// <param name="Group">Kind of environment.</param>
/// <param name="Threshold">From which value on a seed counts as having solved the task.</param>
/// <param name="Pattern">Kebab-case name of the pattern.</param>
/// <param name="Width">Size of the hidden states, H·D.</param>
internal sealed record RecallFilter(
    string? Task = null, string? Metric = null, string? Group = null, double Threshold = 0.9, string? Pattern = null, int? Width = null);

/// <summary>Everything that the table and its filters show.</summary>
internal sealed record RecallView
{
    /// <summary>The filter with every choice made.</summary>
    public required RecallFilter Filter { get; init; }

    /// <summary>Tasks to choose from.</summary>
    public IReadOnlyList<string> Tasks { get; init; } = [];

    /// <summary>Metrics to choose from.</summary>
    public IReadOnlyList<string> Metrics { get; init; } = [];

    /// <summary>Kinds of environment to choose from.</summary>
    public IReadOnlyList<EnvironmentGroup> Groups { get; init; } = [];

    /// <summary>Patterns to choose from.</summary>
    public IReadOnlyList<string> Patterns { get; init; } = [];

    /// <summary>Widths to choose from.</summary>
    public IReadOnlyList<int> Widths { get; init; } = [];

    /// <summary>Name of the task for people.</summary>
    public string Title { get; init; } = "";

    /// <summary>What the task isolates.</summary>
    public string Description { get; init; } = "";

    /// <summary>Unit of the values.</summary>
    public string Unit { get; init; } = "1";

    /// <summary>Which way the metric improves.</summary>
    public Better Better { get; init; } = Better.Higher;

    /// <summary>Value that guessing reaches.</summary>
    public double? RandomGuess { get; init; }

    /// <summary>Difficulties, from easy to hard.</summary>
    public IReadOnlyList<RecallColumn> Columns { get; init; } = [];

    /// <summary>Implementations.</summary>
    public IReadOnlyList<RecallRow> Rows { get; init; } = [];

    /// <summary>Accuracy of models at lengths that they were not trained at.</summary>
    public IReadOnlyList<RecallSlice> Slices { get; init; } = [];

    /// <summary>Values at every measured width.</summary>
    public IReadOnlyList<RecallAtWidth> ByWidth { get; init; } = [];

    /// <summary>What the attention maps of the hardest setting look like.</summary>
    public IReadOnlyList<RecallDiagnostics> Diagnostics { get; init; } = [];

    /// <summary>Newest value.</summary>
    public DateTimeOffset? UpdatedAt { get; init; }

    /// <summary>Nothing is measured yet.</summary>
    public static RecallView Empty(RecallFilter filter) => new() { Filter = filter };
}

/// <summary>A difficulty.</summary>
/// <param name="Length">N in tokens.</param>
/// <param name="Label">Such as <c>64/4</c>: length and number of pairs.</param>
/// <param name="Title">The label in words.</param>
internal sealed record RecallColumn(int Length, string Label, string Title);

/// <summary>One implementation with one value for each column; null where the cell was never planned or run.</summary>
internal sealed record RecallRow(
    string Name, string Implementation, string Mechanism, AttentionPattern Pattern, IReadOnlyList<RecallValue?> Values);

/// <summary>One cell of the table.</summary>
/// <param name="CellKey">Cell.</param>
/// <param name="Median">Median over seeds; null when no seed brought a number.</param>
/// <param name="Mean">Mean over seeds.</param>
/// <param name="Low">Lower end of the interval.</param>
/// <param name="High">Upper end of the interval.</param>
/// <param name="Seeds">Seeds with a number.</param>
/// <param name="FailedSeeds">Seeds without.</param>
/// <param name="SuccessRate">Share of all seeds at or above the threshold.</param>
/// <param name="SeedValues">One number for each seed.</param>
/// <param name="RunId">Newest run.</param>
/// <param name="Failure">Why there is no number.</param>
/// <param name="Glyph">The mark to show instead.</param>
/// <param name="Message">The failure in words.</param>
internal sealed record RecallValue(
    string CellKey, double? Median, double? Mean, double? Low, double? High, int Seeds, int FailedSeeds, double? SuccessRate,
    IReadOnlyList<double> SeedValues, string? RunId, FailureClass? Failure, string? Glyph, string? Message)
{
    /// <summary>Bytes kept per sequence while decoding at this length; null when not reported.</summary>
    public double? StateBytes { get; init; }

    /// <summary>Seconds of one training step; null when not reported.</summary>
    public double? StepSeconds { get; init; }
}

/// <summary>Accuracy of a trained model on a part of its test set.</summary>
/// <param name="Name">Row that the model belongs to.</param>
/// <param name="Implementation">Implementation id.</param>
/// <param name="Trained">Label of the column that it was trained in.</param>
/// <param name="TrainedLength">Tokens of its training rows.</param>
/// <param name="Slice">Name of the part, such as <c>n256</c> or <c>n256.k64</c>.</param>
/// <param name="Length">Tokens of its test rows.</param>
/// <param name="Median">Median over seeds.</param>
/// <param name="Low">Lower end of the interval.</param>
/// <param name="High">Upper end of the interval.</param>
/// <param name="Seeds">Seeds with a number.</param>
/// <param name="RunId">Newest run.</param>
internal sealed record RecallSlice(
    string Name, string Implementation, string Trained, int TrainedLength, string Slice, int Length, double Median, double Low, double High, int Seeds,
    string RunId);

/// <summary>The value of a row and column at one width.</summary>
/// <param name="Name">Row.</param>
/// <param name="Implementation">Implementation id.</param>
/// <param name="Column">Label of the column.</param>
/// <param name="Width">H·D.</param>
/// <param name="Median">Median over seeds.</param>
/// <param name="Low">Lower end of the interval.</param>
/// <param name="High">Upper end of the interval.</param>
/// <param name="Seeds">Seeds with a number.</param>
/// <param name="RunId">Newest run.</param>
internal sealed record RecallAtWidth(
    string Name, string Implementation, string Column, int Width, double Median, double Low, double High, int Seeds, string RunId);

/// <summary>Diagnostics of one layer of a row's models, means over seeds.</summary>
/// <param name="Name">Row.</param>
/// <param name="Implementation">Implementation id.</param>
/// <param name="Layer">Layer of the model, from 1.</param>
/// <param name="Runs">Runs that the means are over.</param>
/// <param name="Values">Means by the name of the diagnostic.</param>
public sealed record RecallDiagnostics(string Name, string Implementation, int Layer, int Runs, IReadOnlyDictionary<string, double> Values);
