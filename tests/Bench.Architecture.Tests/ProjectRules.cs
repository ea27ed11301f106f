namespace Bench.Architecture.Tests;

/// <summary>Which project may know which; the table of <c>docs/architecture.md</c>.</summary>
public sealed class ProjectRules
{
    private static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        ["Bench.Domain"] = [],
        ["Bench.Attention"] = ["Bench.Domain"],
        ["Bench.Suites"] = ["Bench.Attention"],
        ["Bench.Agent"] = ["Bench.Suites"],
        ["Bench.Data"] = ["Bench.Domain"],
        ["Bench.Web"] = ["Bench.Data", "Bench.Migrations.Sqlite", "Bench.Migrations.Postgres"],
        ["Bench.Migrations.Sqlite"] = ["Bench.Data"],
        ["Bench.Migrations.Postgres"] = ["Bench.Data"],
    };

    [Fact]
    public void Projects_reference_exactly_what_the_table_allows()
    {
        foreach (var (name, project) in Repository.Projects)
        {
            Assert.True(Allowed.ContainsKey(name), $"{name} is not in the table: add it with a reason, or make it a folder.");
            var references = project.Descendants("ProjectReference").Select(reference => Path.GetFileNameWithoutExtension((string)reference.Attribute("Include")!));
            Assert.All(references, reference => Assert.True(Allowed[name].Contains(reference), $"{name} must not know {reference}."));
        }
    }

    [Fact]
    public void The_domain_references_no_package() =>
        Assert.Empty(Repository.Projects["Bench.Domain"].Descendants("PackageReference"));

    [Fact]
    public void Only_the_measuring_side_loads_libtorch()
    {
        foreach (var (name, project) in Repository.Projects)
        {
            var torch = project.Descendants("UsesTorch").Any(element => element.Value == "true")
                || project.Descendants("PackageReference").Any(package => ((string)package.Attribute("Include")!).Contains("orch", StringComparison.Ordinal));
            Assert.Equal(name is "Bench.Attention" or "Bench.Suites" or "Bench.Agent", torch);
        }
    }

    [Fact]
    public void The_measuring_side_never_references_the_database_or_the_web()
    {
        foreach (var name in new[] { "Bench.Attention", "Bench.Suites", "Bench.Agent" })
        {
            Assert.DoesNotContain(
                Repository.Projects[name].Descendants("PackageReference").Select(package => (string)package.Attribute("Include")!),
                package => package.Contains("EntityFramework", StringComparison.Ordinal) || package.Contains("AspNetCore", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void No_project_is_an_attic() =>
        Assert.DoesNotContain(Repository.Projects.Keys, name => name.Split('.').Any(part => part is "Core" or "Common" or "Shared" or "Utils"));
}
