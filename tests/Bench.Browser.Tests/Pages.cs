namespace Bench.Browser.Tests;

/// <summary>Every page of the site, for tests that visit all of them.</summary>
public static class Pages
{
    /// <summary>Name for files, and path.</summary>
    public static IReadOnlyList<(string Name, string Path)> All { get; } =
    [
        ("curves", "/curves"),
        ("curves-ratio", "/curves?view=ratio"),
        ("curves-memory", "/curves?metric=memory"),
    ];

    /// <summary>The three widths: a phone, a tablet, a desk.</summary>
    public static IReadOnlyList<int> Widths { get; } = [360, 768, 1440];
}
