namespace Bench.Suites.Tests;

/// <summary>Files of the working tree that tests read in place.</summary>
internal static class RepositoryFolder
{
    /// <summary>A path below the folder of the solution file.</summary>
    public static string Of(params string[] parts)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Bench.sln")))
            {
                return Path.Combine([folder.FullName, .. parts]);
            }
        }

        throw new InvalidOperationException($"No Bench.sln above '{AppContext.BaseDirectory}'. Run the tests from the working tree.");
    }
}
