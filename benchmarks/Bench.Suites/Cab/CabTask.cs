using System.Globalization;
using Bench.Domain.Matrix;
using Bench.Suites.Data;
using Bench.Suites.Harness;
using Bench.Suites.Training;

namespace Bench.Suites.Cab;

/// <summary>
/// A task of CAB that rebuilds data: parameters that all of them have, the scale's numbers, and the study without self attention.
/// </summary>
/// <remarks>CAB, arXiv:2210.07661, section 3; the study of the benefit of attention is its section 5.</remarks>
/// <typeparam name="TBatch">Plain arrays that a step trains on.</typeparam>
public abstract class CabTask<TBatch> : LearningTask<TBatch>
    where TBatch : class
{
    /// <summary>Name of the parameter that picks the numbers: <c>small</c> for a CPU, <c>paper</c> as published.</summary>
    public const string ScaleParameter = ScaledParameters.Scale;

    /// <summary>Name of the parameter that says whether attention stands at noncausal self places: <c>cell</c> or <c>none</c>.</summary>
    public const string AttentionParameter = "attention";

    /// <summary>Value of a parameter whose number the scale gives.</summary>
    protected const string Auto = ScaledParameters.Auto;

    /// <summary>Parameters that every task of this kind has.</summary>
    protected static IReadOnlyDictionary<string, string> Common { get; } = new Dictionary<string, string>
    {
        [ScaleParameter] = "small",
        [DataParameter] = "standin",
        [AttentionParameter] = "cell",
        ["steps"] = Auto,
        ["learningRate"] = Auto,
        ["evaluateEvery"] = Auto,
        ["testItems"] = Auto,
    };

    /// <summary>Patterns that CAB tests with this backbone.</summary>
    protected abstract IReadOnlyList<AttentionPattern> Patterns { get; }

    /// <inheritdoc />
    public override string? WhyNot(Cell cell)
    {
        if (!Patterns.Contains(cell.Pattern))
        {
            return $"CAB tests this backbone with {string.Join(" and ", Patterns.Select(pattern => pattern.Name))}, not with {cell.Pattern.Name}.";
        }

        try
        {
            new ScaledParameters(new ParameterReader(this, cell)).Attention();
        }
        catch (Exception mistake) when (mistake is FormatException or ArgumentException)
        {
            return mistake.Message;
        }

        return base.WhyNot(cell);
    }

    /// <summary>Whether the numbers are the published ones.</summary>
    /// <exception cref="FormatException">There is no such scale.</exception>
    protected static bool IsPaper(ParameterReader read) => new ScaledParameters(read).IsPaper;

    /// <summary>The attention of the cell's backbone.</summary>
    protected static BackboneAttention Attention(ParameterReader read) => new ScaledParameters(read).Attention();

    /// <summary>A whole number, which the scale gives where the cell says <see cref="Auto"/>.</summary>
    /// <exception cref="FormatException">It is no such number.</exception>
    protected static int Int(ParameterReader read, string name, int small, int paper, int least = 1) =>
        new ScaledParameters(read).Int(name, small, paper, least);

    /// <summary>A number, which the scale gives where the cell says <see cref="Auto"/>.</summary>
    /// <exception cref="FormatException">It is no number.</exception>
    protected static double Number(ParameterReader read, string name, double small, double paper) =>
        new ScaledParameters(read).Number(name, small, paper);

    /// <summary>Whole numbers separated by spaces or commas, which the scale gives where the cell says <see cref="Auto"/>.</summary>
    /// <exception cref="FormatException">One of them is no number.</exception>
    protected static IReadOnlyList<int> List(ParameterReader read, string name, IReadOnlyList<int> small, IReadOnlyList<int> paper) => read.Text(name) is var text && text == Auto
        ? IsPaper(read) ? paper : small
        : [.. text.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries).Select(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw new FormatException($"Parameter '{name}' is '{text}'; it must be whole numbers separated by commas."))];

    /// <inheritdoc />
    protected abstract override string StandinPackage { get; }

    /// <summary>Why the package or an official set cannot be used, by the cell's tier; null when it can. Synthetic data need nothing.</summary>
    protected string? WhyNoSet(ParameterReader read, params string[] official) => Tier(read) switch
    {
        DataTier.Standin => DataFolder.WhyNotPackage(StandinPackage),
        DataTier.Official => official.Select(DataFolder.WhyNotOfficial).FirstOrDefault(reason => reason is not null),
        _ => null,
    };
}
