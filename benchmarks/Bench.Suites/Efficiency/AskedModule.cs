using System.Text.Json;
using Bench.Attention;
using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Suites.Efficiency;

/// <summary>
/// Answers whether an implementation can do a shape, without the memory of a run. A plan asks for all lengths of an implementation one after
/// another, so the last module is kept: the whole catalogue at seven lengths builds hundreds of modules, not thousands.
/// </summary>
internal static class AskedModule
{
    private static readonly Lock Gate = new();
    private static string _key = "";
    private static nn.Module? _module;

    /// <summary>Why the implementation cannot do the cell's shape, or null; and whether it decodes.</summary>
    /// <exception cref="ArgumentException">An option or size is not one that it can be built with.</exception>
    public static (string? Reason, bool Decodes) Ask(Cell cell)
    {
        var shape = Workload.Shape(cell);
        var key = JsonSerializer.Serialize(new { cell.Implementation, cell.Pattern, cell.Heads, cell.HeadSize, cell.Options });
        lock (Gate)
        {
            if (key != _key)
            {
                _module?.Dispose();
                (_key, _module) = ("", null);
                _module = Build(cell);
                _key = key;
            }

            return _module switch
            {
                AttentionOperator attention => (attention.WhyNot(shape), attention.Decodes),
                AttentionLayer layer => (layer.WhyNot(shape), layer.Decodes),
                var other => throw new InvalidOperationException($"{other?.GetType().Name} is neither an operator nor a layer."),
            };
        }
    }

    private static nn.Module Build(Cell cell)
    {
        var entry = AttentionCatalogue.Get(cell.Implementation);
        var settings = new AttentionSettings(cell.Pattern, cell.Heads, cell.HeadSize) { MaxLength = int.MaxValue, OnlyAsked = true };
        return entry.IsLayer
            ? AttentionCatalogue.CreateLayer(entry.Id, settings, cell.Options)
            : AttentionCatalogue.CreateOperator(entry.Id, settings, cell.Options);
    }
}
