using System.Xml.Linq;

namespace Bench.Architecture.Tests;

/// <summary>The work tree that these tests were built from.</summary>
internal static class Repository
{
    /// <summary>Folder that holds <c>Bench.sln</c>.</summary>
    public static string Root { get; } = Find();

    /// <summary>All product projects by name.</summary>
    public static IReadOnlyDictionary<string, XDocument> Projects { get; } = new[] { "src", "benchmarks", "web", "migrations" }
        .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Root, folder), "*.csproj", SearchOption.AllDirectories))
        .ToDictionary(path => Path.GetFileNameWithoutExtension(path), XDocument.Load, StringComparer.Ordinal);

    /// <summary>Product source files, relative to the root.</summary>
    public static IEnumerable<string> Sources(params string[] extensions) => new[] { "src", "benchmarks", "web" }
        .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Root, folder), "*", SearchOption.AllDirectories))
        .Where(path => extensions.Contains(Path.GetExtension(path)))
        .Select(path => Path.GetRelativePath(Root, path))
        .Where(path => !path.Split('/').Any(part => part is "obj" or "bin" or "node_modules"));

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Bench.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new DirectoryNotFoundException("These tests run from the repository's artifacts folder; Bench.sln was not found above it.");
    }
}
