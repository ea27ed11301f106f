using Bench.Suites.Harness;

namespace Bench.Suites.Cab;

/// <summary>Parameters whose default depends on the parameter <c>scale</c>: the published recipe, or one for a CPU.</summary>
/// <param name="read">Parameters of a cell.</param>
internal sealed class ScaledParameters(ParameterReader read)
{
    /// <summary>Name of the parameter.</summary>
    public const string Scale = "scale";

    /// <summary>Default that stands for the scale's own value.</summary>
    public const string Auto = "auto";

    /// <summary>Parameters of a backbone and its training that every task on text and speech has.</summary>
    public static IReadOnlyDictionary<string, string> Backbone { get; } = new Dictionary<string, string>
    {
        [Scale] = "small",
        ["layers"] = Auto,
        ["dropout"] = Auto,
        ["steps"] = Auto,
        ["evaluateEvery"] = Auto,
        ["learningRate"] = Auto,
        ["warmup"] = Auto,
        ["accumulate"] = Auto,
    };

    /// <summary>Whether the published sizes and recipe are meant.</summary>
    /// <exception cref="FormatException">The scale is neither small nor paper.</exception>
    public bool IsPaper => read.Text(Scale) switch
    {
        "small" => false,
        "paper" => true,
        var other => throw new FormatException($"Parameter '{Scale}' is '{other}'; it must be small or paper."),
    };

    /// <summary>A parameter as text.</summary>
    public string Text(string name, string small, string paper) => read.Text(name) is Auto ? (IsPaper ? paper : small) : read.Text(name);

    /// <summary>A parameter as a whole number of at least <paramref name="least"/>.</summary>
    /// <exception cref="FormatException">It is no such number.</exception>
    public int Int(string name, int small, int paper, int least = 0) => read.Text(name) is Auto ? (IsPaper ? paper : small) : read.Int(name, least);

    /// <summary>A parameter as a finite number.</summary>
    /// <exception cref="FormatException">It is no such number.</exception>
    public double Number(string name, double small, double paper) => read.Text(name) is Auto ? (IsPaper ? paper : small) : read.Number(name);

    /// <summary>The cell's attention, and whether noncausal self attention is left out (parameter <c>attention</c>: cell or none).</summary>
    /// <exception cref="FormatException">The parameter is neither.</exception>
    /// <exception cref="ArgumentException">It leaves attention out of a cell that is about another one.</exception>
    public BackboneAttention Attention()
    {
        var cell = read.Cell;
        var without = read.Text("attention") switch
        {
            "cell" => false,
            "none" => true,
            var other => throw new FormatException($"Parameter 'attention' is '{other}'; it must be cell or none."),
        };
        return !without || (cell.Implementation == BackboneAttention.Elsewhere && cell.Pattern == Domain.Matrix.AttentionPattern.NoncausalSelf)
            ? new BackboneAttention(cell.Implementation, cell.Pattern, cell.Options) { WithoutSelfAttention = without }
            : throw new ArgumentException(
                $"'attention: none' leaves noncausal self attention out, so no implementation stands there; give '{BackboneAttention.Elsewhere}' and noncausal-self.");
    }

    /// <summary>Width of the hidden states; at the published scale it must be the published one.</summary>
    /// <exception cref="ArgumentException">It is not.</exception>
    public int Width(int paperHeads, int paperWidth)
    {
        var cell = read.Cell;
        var width = cell.Heads * cell.HeadSize;
        return !IsPaper || (cell.Heads, width) == (paperHeads, paperWidth)
            ? width
            : throw new ArgumentException(
                $"The published backbone has {paperHeads} heads of {paperWidth / paperHeads}; the cell has {cell.Heads} of {cell.HeadSize}. Use those, or scale: small.");
    }
}
