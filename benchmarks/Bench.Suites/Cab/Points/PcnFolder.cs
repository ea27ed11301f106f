using System.Text.Json;
using Bench.Domain.Randomness;
using Bench.Suites.Data;

namespace Bench.Suites.Cab.Points;

/// <summary>
/// The PCN completion set as it is released: <c>PCN.json</c> lists the models of each class; <c>part/partial/class/model/nn.pcd</c> are views,
/// <c>part/complete/class/model.pcd</c> the whole. Training pairs take one of eight views at random, held-out ones the view 00.
/// </summary>
public sealed class PcnFolder : IShapeSource
{
    private const int Views = 8;
    private readonly string _folder;
    private readonly long _seed;
    private readonly int _partial;
    private readonly Dictionary<string, List<(string Class, string Model)>> _models = new(StringComparer.Ordinal);

    /// <summary>Reads the list.</summary>
    /// <param name="folder">Folder with <c>PCN.json</c>.</param>
    /// <param name="seed">Order of the training pairs.</param>
    /// <param name="partial">P: views are cut or repeated to this many points; published 2,048.</param>
    /// <exception cref="InvalidDataException">The list has another form.</exception>
    public PcnFolder(string folder, long seed, int partial)
    {
        (_folder, _seed, _partial) = (folder, seed, partial);
        var list = Path.Combine(folder, "PCN.json");
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(list));
            foreach (var part in new[] { "train", "val", "test" })
            {
                _models[part] = [.. document.RootElement.EnumerateArray().SelectMany(kind => kind.GetProperty(part).EnumerateArray()
                    .Select(model => (kind.GetProperty("taxonomy_id").GetString()!, model.GetString()!)))];
            }
        }
        catch (Exception mistake) when (mistake is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new InvalidDataException($"'{list}' must be a list of classes with taxonomy_id, train, val and test: {mistake.Message}", mistake);
        }
    }

    /// <inheritdoc />
    public int Count(string part) => _models[part].Count;

    /// <inheritdoc />
    public PointPair Make(string part, long index)
    {
        var models = _models[part];
        var random = new CounterRandom(_seed, (index * 3) + ShapeParts.Number(part));
        var (kind, model) = models[part == "train" ? random.Next(models.Count) : (int)(index % models.Count)];
        var view = part == "train" ? random.Next(Views) : 0;
        var partial = Read(Path.Combine(_folder, part, "partial", kind, model, $"{view:00}.pcd"));
        return new PointPair(MeshShapes.Pick(partial, _partial, random), Read(Path.Combine(_folder, part, "complete", kind, $"{model}.pcd")));
    }

    private static float[] Read(string path) => File.Exists(path)
        ? PcdFile.Read(path)
        : throw new DataMissingException($"'{path}' is missing: PCN.json names it. Unpack the whole PCN data set again.");
}
