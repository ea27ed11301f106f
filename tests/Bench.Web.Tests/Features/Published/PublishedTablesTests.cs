using Bench.Web.Features.Published;

namespace Bench.Web.Tests.Features.Published;

public sealed class PublishedTablesTests
{
    [Fact]
    public void Every_table_of_the_repository_is_shown_with_its_source()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Bench.sln")))
        {
            folder = folder.Parent!;
        }

        var files = Directory.GetFiles(Path.Combine(folder.FullName, "benchmarks", "published"), "*.csv").Select(file => Path.GetFileNameWithoutExtension(file).Replace('_', '-'));

        Assert.Equal(files.Order(StringComparer.Ordinal), PublishedTables.All.Select(table => table.Slug));
        Assert.All(PublishedTables.All, table => Assert.True(table.Source.Length > 10, table.Slug));
    }

    [Fact]
    public void What_was_read_in_summaries_only_is_marked_as_unverified()
    {
        var unverified = PublishedTables.All.Where(table => table.IsUnverified).Select(table => table.Slug).ToList();

        Assert.Contains("sparse-recycled-ruler", unverified);
        Assert.DoesNotContain("cab-efficiency-length", unverified);
    }
}
