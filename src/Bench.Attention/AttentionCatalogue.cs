using System.Reflection;
using Bench.Attention.Layers;

namespace Bench.Attention;

/// <summary>Every implementation of this assembly, found by scan; nothing is registered by hand.</summary>
public static class AttentionCatalogue
{
    private static readonly SortedDictionary<string, AttentionEntry> ById = Scan();
    private static readonly Dictionary<string, Type> LayerByMechanism = ScanLayers();

    /// <summary>All implementations in order of their ids.</summary>
    public static IReadOnlyCollection<AttentionEntry> All => ById.Values;

    /// <summary>The implementation with this id.</summary>
    /// <exception cref="KeyNotFoundException">There is none; the message names the nearest ids.</exception>
    public static AttentionEntry Get(string id) => ById.TryGetValue(id, out var entry)
        ? entry
        : throw new KeyNotFoundException($"There is no implementation '{id}'. {Nearest(id)}");

    /// <summary>Whether there is an implementation with this id.</summary>
    public static bool Contains(string id) => ById.ContainsKey(id);

    /// <summary>All implementations of one mechanism, the reference first.</summary>
    public static IReadOnlyList<AttentionEntry> Of(string mechanism) =>
        [.. All.Where(entry => entry.Mechanism == mechanism).OrderByDescending(entry => entry.Facts.Reference)];

    /// <summary>The plain implementation that its siblings must equal.</summary>
    public static AttentionEntry ReferenceOf(string mechanism) => Of(mechanism)[0];

    /// <summary>Builds an operator.</summary>
    /// <param name="id">Implementation id.</param>
    /// <param name="settings">Sizes and pattern.</param>
    /// <param name="options">Options as text that differ from their defaults.</param>
    /// <exception cref="ArgumentException">The id is a whole layer, the pattern is not supported, or an option is wrong.</exception>
    public static AttentionOperator CreateOperator(
        string id, AttentionSettings settings, IReadOnlyDictionary<string, string>? options = null) =>
        Get(id).Build(settings, options) as AttentionOperator
        ?? throw new ArgumentException($"'{id}' is defined on hidden states only; build it with {nameof(CreateLayer)}.");

    /// <summary>
    /// Builds a layer on hidden states: the implementation itself if it is one, the mechanism's own layer class around the operator, or
    /// the general <see cref="ProjectedAttention"/>.
    /// </summary>
    /// <exception cref="ArgumentException">The pattern is not supported, or an option is wrong.</exception>
    public static AttentionLayer CreateLayer(
        string id, AttentionSettings settings, IReadOnlyDictionary<string, string>? options = null)
    {
        var entry = Get(id);
        return entry.Build(settings, options) switch
        {
            AttentionLayer layer => layer,
            AttentionOperator attention when LayerByMechanism.TryGetValue(entry.Mechanism, out var type) =>
                (AttentionLayer)Activator.CreateInstance(type, attention)!,
            AttentionOperator attention => new ProjectedAttention(attention),
            var other => throw new InvalidOperationException($"{other.GetType().Name} is neither an operator nor a layer."),
        };
    }

    private static SortedDictionary<string, AttentionEntry> Scan()
    {
        var found = new SortedDictionary<string, AttentionEntry>(StringComparer.Ordinal);
        foreach (var type in typeof(AttentionCatalogue).Assembly.GetTypes().Where(type => !type.IsAbstract))
        {
            if (type.GetCustomAttribute<AttentionAttribute>() is { } facts && !found.TryAdd(facts.Id, new AttentionEntry(type, facts)))
            {
                throw new InvalidOperationException($"Two classes carry the id '{facts.Id}': {found[facts.Id].Type.Name} and {type.Name}.");
            }
        }

        return found;
    }

    private static Dictionary<string, Type> ScanLayers() => typeof(AttentionCatalogue).Assembly.GetTypes()
        .Select(type => (type, type.GetCustomAttribute<LayerOfAttribute>()))
        .Where(pair => pair.Item2 is not null)
        .ToDictionary(pair => pair.Item2!.Mechanism, pair => pair.type, StringComparer.Ordinal);

    private static string Nearest(string id)
    {
        var near = ById.Keys.Where(known => known.Split('/').Any(part => part.Length > 0 && id.Contains(part, StringComparison.Ordinal)))
            .Take(5).ToList();
        return near.Count > 0 ? $"Near it: {string.Join(", ", near)}." : "'bench list attention' shows all.";
    }
}
