using Bench.Domain.Randomness;

namespace Bench.Suites.Recall;

/// <summary>Parameters of coloured objects.</summary>
public sealed record ColouredObjectsOptions
{
    /// <summary>Objects on the table, all different.</summary>
    public int Items { get; init; } = 4;

    /// <summary>Objects to choose from.</summary>
    public int Objects { get; init; } = 32;

    /// <summary>Colours to choose from; several objects may share one.</summary>
    public int Colours { get; init; } = 12;

    /// <summary>Worked questions before the one that counts, about tables of their own.</summary>
    public int Examples { get; init; } = 1;
}

/// <summary>Tables of coloured objects, [colour, object] each; of the last one the colour of one object is asked.</summary>
/// <remarks>
/// The task whose circuit Merullo et al., arXiv:2310.08744, compare with indirect-object identification, in synthetic vocabulary. Content
/// must be moved from
/// the colour's place to the question: one head binds, another copies.
/// </remarks>
public sealed class ColouredObjects : TokenTask
{
    private const int Table = 0;
    private const int Ask = 1;
    private const int FirstColour = 2;
    private readonly ColouredObjectsOptions _options;

    /// <summary>The task with checked options.</summary>
    /// <exception cref="ArgumentException">More items than objects, or no colours to tell apart.</exception>
    public ColouredObjects(ColouredObjectsOptions options) =>
        _options = options is { Items: >= 1, Colours: >= 2, Examples: >= 0 } && options.Items <= options.Objects
            ? options
            : throw new ArgumentException($"{options.Items} items need as many objects and at least two colours.", nameof(options));

    /// <inheritdoc />
    public override string Name => "coloured-objects";

    /// <inheritdoc />
    public override int VocabularySize => FirstColour + _options.Colours + _options.Objects;

    /// <inheritdoc />
    public override int Length => ((_options.Examples + 1) * SceneLength) - 1;

    private int FirstObject => FirstColour + _options.Colours;

    /// <summary>Table, items, ask, object, colour.</summary>
    private int SceneLength => 1 + (2 * _options.Items) + 3;

    private protected override void Fill(CounterRandom random, TokenRow row)
    {
        var tokens = new List<int>(Length + 1);
        for (var scene = 0; scene <= _options.Examples; scene++)
        {
            var objects = random.Distinct(FirstObject, VocabularySize, _options.Items);
            var colours = objects.Select(_ => random.Next(FirstColour, FirstObject)).ToArray();
            tokens.Add(Table);
            tokens.AddRange(objects.SelectMany((thing, i) => new[] { colours[i], thing }));
            var asked = random.Next(objects.Length);
            tokens.AddRange([Ask, objects[asked], colours[asked]]);
        }

        tokens.Slice(0, Length).CopyTo(row.Inputs);
        row.Labels[^1] = tokens[^1];
    }

    private protected override string? BrokenLaw(TokenSample sample)
    {
        int[] tokens = [.. sample.Inputs, sample.Labels[^1]];
        for (var start = 0; start < tokens.Length; start += SceneLength)
        {
            var scene = tokens.AsSpan(start, SceneLength);
            var colours = new Dictionary<int, int>();
            for (var i = 1; i < SceneLength - 3; i += 2)
            {
                if (scene[i] < FirstColour || scene[i] >= FirstObject || scene[i + 1] < FirstObject || !colours.TryAdd(scene[i + 1], scene[i]))
                {
                    return $"The item at {start + i} is no colour with a new object.";
                }
            }

            if (scene[0] != Table || scene[^3] != Ask || !colours.TryGetValue(scene[^2], out var colour) || colour != scene[^1])
            {
                return $"The scene at {start} asks for no object on its table, or answers with another colour.";
            }
        }

        return sample.Labels[..^1].ContainsAnyExcept(TokenBatch.NotScored) ? "Only the last position is scored." : null;
    }
}
