using System.Text.RegularExpressions;
using Bench.Domain.Analysis;

namespace Bench.Web.Features.Published;

/// <summary>Tables that others published, with their sources. They stand beside measured results and never enter a measured rank.</summary>
internal static partial class PublishedTables
{
    private const string Folder = "published/";

    /// <summary>Every table by name.</summary>
    public static IReadOnlyList<PublishedTable> All { get; } = Load();

    private static List<PublishedTable> Load()
    {
        var sources = Entry().Matches(Read(Folder + "SOURCES.md"))
            .SelectMany(entry => entry.Groups["file"].Value.Split(", ").Select(file => (file, Source: Clean(entry.Groups["source"].Value))))
            .ToDictionary(entry => entry.file, entry => entry.Source, StringComparer.Ordinal);
        return [.. typeof(PublishedTables).Assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(Folder, StringComparison.Ordinal) && name.EndsWith(".csv", StringComparison.Ordinal))
            .Select(name => name[Folder.Length..])
            // A number whose source is unknown is not shown.
            .Where(sources.ContainsKey)
            .Order(StringComparer.Ordinal)
            .Select(file => new PublishedTable(file[..^4].Replace('_', '-'), sources[file], CsvTable.Parse(Read(Folder + file))))];
    }

    private static string Clean(string source) => source.Replace("`", "", StringComparison.Ordinal).Trim().TrimEnd('|').Trim();

    private static string Read(string name)
    {
        using var stream = typeof(PublishedTables).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The resource '{name}' is not in the assembly; the project file must embed benchmarks/published.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    [GeneratedRegex(@"^(?:\| *|- )(?<file>\w+\.csv(?:, \w+\.csv)*) *(?:\||[-:–])\s*(?<source>.+)$", RegexOptions.Multiline)]
    private static partial Regex Entry();
}

/// <summary>One published table.</summary>
/// <param name="Slug">For addresses.</param>
/// <param name="Source">Where it was read.</param>
/// <param name="Table">Cells as printed there.</param>
internal sealed partial record PublishedTable(string Slug, string Source, CsvTable Table)
{
    /// <summary>Whether it was read in a summary by others and not in the paper itself.</summary>
    public bool IsUnverified => Source.Contains("secondary", StringComparison.OrdinalIgnoreCase);

    /// <summary>When it was published, as the source says: a day, or the month of the arXiv number; null where it says nothing.</summary>
    public string? Date => Day().Match(Source) is { Success: true } day ? day.Value
        : ArxivNumber().Match(Source) is { Success: true } number ? $"20{number.Groups[1].Value}-{number.Groups[2].Value} (arXiv number)" : null;

    /// <summary>Rows whose name says this mechanism, by letters and digits alone.</summary>
    /// <param name="names">Id and title of the mechanism.</param>
    public IEnumerable<CsvRow> RowsOf(params IReadOnlyList<string> names)
    {
        var column = Table.Columns.FirstOrDefault(name => NameColumns.Contains(name));
        var plain = names.Select(Plain).ToHashSet(StringComparer.Ordinal);
        return column is null ? [] : Table.Rows.Where(row => plain.Contains(Plain(row[column])));
    }

    private static readonly string[] NameColumns = ["mechanism", "model", "architecture", "method", "kernel", "op"];

    private static string Plain(string text) => string.Concat(text.Where(char.IsLetterOrDigit)).ToLowerInvariant();

    [GeneratedRegex(@"\d{4}[.-]\d{2}[.-]\d{2}|\d{1,2} (?:January|February|March|April|May|June|July|August|September|October|November|December) \d{4}")]
    private static partial Regex Day();

    [GeneratedRegex(@"arXiv:? ?(\d{2})(\d{2})\.\d{5}")]
    private static partial Regex ArxivNumber();

    /// <summary>First part of the name: cab, linear, sparse, tasks or vision.</summary>
    public string Family => Slug.Split('-')[0];
}
