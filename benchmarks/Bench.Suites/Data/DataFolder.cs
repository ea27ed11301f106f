namespace Bench.Suites.Data;

/// <summary>
/// Where data are: <c>packages/&lt;id&gt;</c> for unpacked packages and <c>official/&lt;name&gt;</c> for data sets that people put there, below
/// <c>BENCH_DATASETS</c>, or below <c>datasets</c> in <c>BENCH_DATA</c>. Cells never name folders, so that a result is the same on every machine.
/// </summary>
public static class DataFolder
{
    /// <summary>File beside a package's tree that says which archive it was unpacked from.</summary>
    internal const string StampName = "bench-package.sha256";

    /// <summary>The data folder; it need not exist.</summary>
    public static string Root => Environment.GetEnvironmentVariable("BENCH_DATASETS") is { Length: > 0 } root
        ? root
        : Path.Combine(Environment.GetEnvironmentVariable("BENCH_DATA") is { Length: > 0 } data ? data : ".data", "datasets");

    /// <summary>The tree of a prepared package: <c>usr/share/…</c> for Debian, <c>package/…</c> for npm.</summary>
    /// <exception cref="DataMissingException">It was not prepared.</exception>
    public static string Package(string id) => WhyNotPackage(id) is { } reason ? throw new DataMissingException(reason) : PackagePath(DataPackage.Get(id));

    /// <summary>Why a package's tree cannot be used, and what to do; null when it can.</summary>
    public static string? WhyNotPackage(string id)
    {
        var package = DataPackage.Get(id);
        var stamp = Path.Combine(PackagePath(package), StampName);
        if (!File.Exists(stamp))
        {
            return $"The data package '{id}' ({package.Contents}) is not prepared on this machine. Run: bench data prepare {id}";
        }

        return File.ReadAllText(stamp).Trim() == package.Sha256
            ? null
            : $"The data package '{id}' was unpacked from another archive than this build uses. Run: bench data prepare {id}";
    }

    /// <summary>The folder of an official data set.</summary>
    /// <exception cref="DataMissingException">It is not there; the message says where it comes from.</exception>
    public static string Official(string name) => WhyNotOfficial(name) is { } reason ? throw new DataMissingException(reason) : OfficialPath(name);

    /// <summary>Why an official data set cannot be used, and where it comes from; null when it can.</summary>
    public static string? WhyNotOfficial(string name)
    {
        var set = OfficialDataSet.Get(name);
        return Path.Exists(Path.Combine(OfficialPath(name), set.Entry))
            ? null
            : $"The data set '{name}' is missing: '{Path.Combine("official", name, set.Entry)}' is not in the data folder. It comes from {set.Origin}; put it there. "
                + "'bench data status' shows the folder.";
    }

    /// <summary>Where a package's tree is, prepared or not.</summary>
    internal static string PackagePath(DataPackage package) => Path.Combine(Root, "packages", package.Id);

    private static string OfficialPath(string name) => Path.Combine(Root, "official", name);
}
