using System.Globalization;

namespace Bench.Attention.Hybrid;

/// <summary>One kind of layer in a layout.</summary>
/// <param name="Implementation">Implementation id, or <see cref="LayerLayout.FeedForward"/>.</param>
/// <param name="Weight">How many layers of this kind in a period, or its share in any unit.</param>
public readonly record struct LayerKind(string Implementation, int Weight);

/// <summary>
/// Which layers a hybrid consists of, as text: kinds with their numbers, such as <c>lightning-attention:7,softmax:1</c>; a mechanism's name
/// alone stands for its fastest implementation, the start of a name for the only mechanism that begins so, and a published name for its layout.
/// </summary>
public sealed class LayerLayout
{
    /// <summary>Name of the layer that mixes channels and no tokens.</summary>
    public const string FeedForward = "mlp";

    /// <summary>Most layers of a stack.</summary>
    public const int MostLayers = 1_024;

    // What a mechanism's name alone stands for: the first of these that it has, else its reference.
    private static readonly string[] Preferred = ["fused", "sdpa", "chunked"];

    /// <summary>Layouts of published models by name.</summary>
    /// <remarks>
    /// MiniMax-01 arXiv:2501.08313; Mamba-2-Hybrid arXiv:2406.07887 (24 of 56 layers Mamba-2, 4 attention, 28 feed-forward); Kimi Linear
    /// arXiv:2510.26692; Gated DeltaNet-H1 and -H2 arXiv:2412.06464; Jamba arXiv:2403.19887; RAT with local attention arXiv:2507.04416.
    /// </remarks>
    public static IReadOnlyDictionary<string, string> Published { get; } = new SortedDictionary<string, string>(StringComparer.Ordinal)
    {
        ["gated-deltanet-h1"] = "gated-deltanet:1,local:1",
        ["gated-deltanet-h2"] = "mamba2-ssd:1,gated-deltanet:1,local:1",
        ["jamba"] = "mamba:7,softmax:1",
        ["kimi-linear"] = "kimi-delta-attention:3,softmax:1",
        ["mamba2-hybrid"] = "mamba2-ssd:43,mlp:50,softmax:7",
        ["minimax-01"] = "lightning-attention:7,softmax:1",
        ["rat-local"] = "rat:1,local:1",
    };

    private LayerLayout(string text, IReadOnlyList<LayerKind> kinds) => (Text, Kinds) = (text, kinds);

    /// <summary>The text as it was given.</summary>
    public string Text { get; }

    /// <summary>Kinds in the order in which they are written.</summary>
    public IReadOnlyList<LayerKind> Kinds { get; }

    /// <summary>Layers of one period.</summary>
    public int Period => Kinds.Sum(kind => kind.Weight);

    /// <summary>Reads a layout.</summary>
    /// <exception cref="ArgumentException">It is empty, a number is wrong, or a name is none of the catalogue's; the message says which.</exception>
    public static LayerLayout Parse(string text)
    {
        var parts = Published.GetValueOrDefault(text.Trim(), text).Split(',', StringSplitOptions.TrimEntries);
        var kinds = parts.Select(part => Kind(text, part)).ToList();
        var period = kinds.Sum(kind => (long)kind.Weight);
        return period <= MostLayers
            ? new LayerLayout(text, kinds)
            : throw new ArgumentException($"The layout '{text}' has {period} layers in a period; at most {MostLayers} make sense. Divide its numbers.");
    }

    /// <summary>The implementation id of every layer of a stack.</summary>
    /// <param name="depth">Layers of the stack.</param>
    /// <param name="placement">Where the kinds go.</param>
    /// <exception cref="ArgumentException">The stack is too small to hold a layer of every kind.</exception>
    public IReadOnlyList<string> Expand(int depth, LayerPlacement placement)
    {
        var layers = placement switch
        {
            LayerPlacement.Interleaved => Enumerable.Range(0, depth).Select(index => InPeriod(index % Period)).ToList(),
            LayerPlacement.Even => Spread(Shares(depth)),
            LayerPlacement.First => [.. Lasting(depth), .. Others(depth)],
            LayerPlacement.Last => [.. Others(depth), .. Lasting(depth)],
            _ => throw new ArgumentOutOfRangeException(nameof(placement), placement, "Unknown placement."),
        };
        var missing = Kinds.Select(kind => kind.Implementation).Except(layers).FirstOrDefault();
        return missing is null
            ? layers
            : throw new ArgumentException(
                $"{depth} layers of the layout '{Text}' placed {placement.ToString().ToLowerInvariant()} hold no {missing}; "
                + $"give the model {Period} layers or more, or other numbers.");
    }

    private static LayerKind Kind(string text, string part)
    {
        var (name, number) = part.Split(':', StringSplitOptions.TrimEntries) switch
        {
            [var only] => (only, "1"),
            [var left, var right] => (left, right),
            _ => throw new ArgumentException($"'{part}' in the layout '{text}' must be a name, a colon and a number, such as 'softmax:1'."),
        };
        return int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var weight) && weight > 0
            ? new LayerKind(Resolve(text, name), weight)
            : throw new ArgumentException($"'{number}' after '{name}' in the layout '{text}' must be a whole number of at least 1.");
    }

    /// <summary>The implementation that a name in a layout stands for.</summary>
    private static string Resolve(string text, string name)
    {
        if (name == FeedForward || (AttentionCatalogue.Contains(name) && !name.StartsWith(HybridLayers.Mechanism + "/", StringComparison.Ordinal)))
        {
            return name;
        }

        var mechanisms = AttentionCatalogue.All.Select(entry => entry.Mechanism).Where(mechanism => mechanism != HybridLayers.Mechanism).Distinct().ToList();
        var matches = mechanisms.Contains(name) ? [name] : mechanisms.Where(mechanism => name.Length > 0 && mechanism.StartsWith(name + "-", StringComparison.Ordinal)).ToList();
        return matches switch
        {
            [var mechanism] => Preferred.Select(implementation => $"{mechanism}/{implementation}").FirstOrDefault(AttentionCatalogue.Contains)
                ?? AttentionCatalogue.ReferenceOf(mechanism).Id,
            [] => throw new ArgumentException(
                $"'{name}' in the layout '{text}' is no implementation, no mechanism, not '{FeedForward}', and no published layout "
                + $"({string.Join(", ", Published.Keys)}); 'bench list attention' shows all ids."),
            _ => throw new ArgumentException($"'{name}' in the layout '{text}' may be {string.Join(" or ", matches)}; write the whole name."),
        };
    }

    private string InPeriod(int index)
    {
        foreach (var kind in Kinds)
        {
            if (index < kind.Weight)
            {
                return kind.Implementation;
            }

            index -= kind.Weight;
        }

        throw new ArgumentOutOfRangeException(nameof(index), index, "Beyond the period.");
    }

    /// <summary>Whole layers of each kind by largest remainders; what is named first wins a tie.</summary>
    private int[] Shares(int depth)
    {
        var exact = Kinds.Select(kind => (double)depth * kind.Weight / Period).ToList();
        var whole = exact.Select(share => (int)share).ToArray();
        foreach (var index in Enumerable.Range(0, exact.Count).OrderByDescending(i => exact[i] - whole[i]).ThenBy(i => i).Take(depth - whole.Sum()))
        {
            whole[index]++;
        }

        return whole;
    }

    /// <summary>At each layer the kind that is furthest behind its share.</summary>
    private List<string> Spread(int[] shares)
    {
        var (depth, placed, layers) = (shares.Sum(), new int[shares.Length], new List<string>());
        for (var layer = 1; layer <= depth; layer++)
        {
            var next = Enumerable.Range(0, shares.Length).Where(i => placed[i] < shares[i])
                .MaxBy(i => ((double)layer * shares[i] / depth) - placed[i]);
            placed[next]++;
            layers.Add(Kinds[next].Implementation);
        }

        return layers;
    }

    private IEnumerable<string> Lasting(int depth) => Enumerable.Repeat(Kinds[^1].Implementation, Shares(depth)[^1]);

    private List<string> Others(int depth)
    {
        var shares = Shares(depth);
        shares[^1] = 0;
        return Spread(shares);
    }
}
