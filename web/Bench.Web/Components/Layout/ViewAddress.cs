using Microsoft.AspNetCore.WebUtilities;

namespace Bench.Web.Components.Layout;

/// <summary>Builds the address of a view that differs in a few query parameters from the present one; equal views have equal addresses.</summary>
/// <param name="Path">Path of the page.</param>
/// <param name="Query">Parameters; null or empty values are left out.</param>
public sealed record ViewAddress(string Path, IReadOnlyDictionary<string, string?> Query)
{
    /// <summary>The same view with one parameter changed, or removed when the value is null.</summary>
    public ViewAddress With(string name, string? value)
    {
        var query = new SortedDictionary<string, string?>(StringComparer.Ordinal);
        foreach (var (key, old) in Query)
        {
            query[key] = old;
        }

        query[name] = value;
        return this with { Query = query };
    }

    /// <summary>Another page with the same parameters.</summary>
    public ViewAddress On(string path) => this with { Path = path };

    /// <inheritdoc />
    public override string ToString() => QueryHelpers.AddQueryString(
        Path, Query.Where(pair => !string.IsNullOrEmpty(pair.Value)).OrderBy(pair => pair.Key, StringComparer.Ordinal).ToDictionary(pair => pair.Key, pair => pair.Value));
}
