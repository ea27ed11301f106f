using System.ComponentModel.DataAnnotations;

namespace Bench.Web.Hosting;

/// <summary>Where data lies and how the first agent comes in; the "Bench" section of the configuration.</summary>
internal sealed class BenchOptions
{
    public const string Section = "Bench";

    /// <summary>Folder of the embedded database; empty means <c>.data</c> of the repository, or the user's data folder outside of one.</summary>
    public string DataDirectory { get; init; } = "";

    /// <summary>Codes, separated by spaces, that enrol one agent each; made valid once at start. <c>./bench up</c> sets one.</summary>
    [MaxLength(100_000)]
    public string EnrollmentCode { get; init; } = "";

    /// <summary>How long <see cref="EnrollmentCode"/> works after the start.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "1.00:00:00")]
    public TimeSpan EnrollmentCodeLifetime { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Whether the site ends when its standard input ends; <c>./bench up</c> sets it.</summary>
    public bool EndWithInput { get; init; }

    /// <summary>The folder that <see cref="DataDirectory"/> means.</summary>
    public string ResolveDataDirectory(string contentRoot)
    {
        if (DataDirectory.Length > 0)
        {
            return Path.GetFullPath(DataDirectory);
        }

        for (var folder = new DirectoryInfo(contentRoot); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Bench.sln")))
            {
                return Path.Combine(folder.FullName, ".data");
            }
        }

        return Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "bench");
    }
}
