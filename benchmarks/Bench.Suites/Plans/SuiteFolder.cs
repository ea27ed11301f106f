namespace Bench.Suites.Plans;

/// <summary>The suites that come with the build: <c>benchmarks/suites/*.yaml</c>, copied beside the assembly.</summary>
public static class SuiteFolder
{
    private static string Folder => Path.Combine(AppContext.BaseDirectory, "suites");

    /// <summary>Names of all suites.</summary>
    public static IReadOnlyList<string> Names() =>
        [.. Directory.EnumerateFiles(Folder, "*.yaml").Select(path => Path.GetFileNameWithoutExtension(path)!).Order(StringComparer.Ordinal)];

    /// <summary>The file of a suite: a path to a YAML file, or the name of one that comes with the build.</summary>
    /// <exception cref="FileNotFoundException">There is neither; the message lists the names.</exception>
    public static string Find(string nameOrPath)
    {
        if (File.Exists(nameOrPath))
        {
            return nameOrPath;
        }

        var own = Path.Combine(Folder, nameOrPath + ".yaml");
        return File.Exists(own)
            ? own
            : throw new FileNotFoundException($"There is no suite '{nameOrPath}' and no such file; there are {string.Join(", ", Names())}.");
    }
}
