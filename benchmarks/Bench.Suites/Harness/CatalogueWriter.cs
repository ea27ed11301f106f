using Bench.Attention;
using Bench.Domain.Catalogue;

namespace Bench.Suites.Harness;

/// <summary>Writes what this build can run in the form that the site understands.</summary>
public static class CatalogueWriter
{
    /// <summary>Every implementation and task of this build.</summary>
    public static CatalogueDocument Write() => new()
    {
        Implementations = [.. AttentionCatalogue.All.Select(Entry)],
        Tasks = [.. TaskCatalogue.All.Select(task => task.Entry)],
    };

    private static ImplementationEntry Entry(AttentionEntry entry) => new()
    {
        Id = entry.Id,
        Title = entry.Facts.Title,
        Family = entry.Family,
        Patterns = entry.Facts.Patterns,
        Extensions = entry.Facts.Extensions,
        Paper = entry.Facts.Paper,
        Time = entry.Facts.Time,
        Memory = entry.Facts.Memory,
        StateSize = entry.Facts.State,
        IsReference = entry.Facts.Reference,
        Options = entry.DefaultOptions(),
    };
}
