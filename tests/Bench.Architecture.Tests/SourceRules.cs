using System.Reflection;
using System.Text.RegularExpressions;
using Bench.Attention;
using Bench.Domain.Matrix;
using Bench.Suites.Harness;

namespace Bench.Architecture.Tests;

/// <summary>Rules over source files and types, each with its reason in its name.</summary>
public sealed partial class SourceRules
{
    private static readonly Assembly[] Assemblies = [typeof(Cell).Assembly, typeof(AttentionCatalogue).Assembly, typeof(BenchTask).Assembly];

    [Fact]
    public void A_namespace_equals_its_folder()
    {
        foreach (var path in Repository.Sources(".cs"))
        {
            var text = File.ReadAllText(Path.Combine(Repository.Root, path));
            if (Namespace().Match(text) is not { Success: true } match)
            {
                continue;
            }

            var folders = path.Split('/')[1..^1];
            Assert.True(string.Join('.', folders) == match.Groups[1].Value, $"{path} declares {match.Groups[1].Value}.");
        }
    }

    [Fact]
    public void Names_say_what_a_type_is_for()
    {
        var vague = Assemblies.SelectMany(assembly => assembly.GetTypes())
            .Where(type => Vague().IsMatch(type.Name) && type.Namespace?.StartsWith("Bench", StringComparison.Ordinal) == true);

        Assert.Empty(vague);
    }

    [Fact]
    public void Concrete_classes_are_sealed()
    {
        var open = Assemblies.SelectMany(assembly => assembly.GetTypes())
            .Where(type => type is { IsClass: true, IsAbstract: false, IsSealed: false } && !type.Name.Contains('<', StringComparison.Ordinal)
                && type.Namespace?.StartsWith("Bench", StringComparison.Ordinal) == true
                && !Assemblies.SelectMany(assembly => assembly.GetTypes()).Any(other => other.BaseType == type));

        Assert.Empty(open.Select(type => type.FullName));
    }

    [Fact]
    public void Every_implementation_cites_its_paper_and_is_named_in_kebab_case()
    {
        foreach (var entry in AttentionCatalogue.All)
        {
            Assert.Matches("^[a-z][a-z0-9]*(-[a-z0-9]+)*/[a-z0-9]+(-[a-z0-9]+)*$", entry.Id);
            Assert.False(string.IsNullOrWhiteSpace(entry.Facts.Paper), $"{entry.Id} cites no paper.");
            Assert.NotEmpty(entry.AllPatterns);
        }
    }

    [Fact]
    public void Every_mechanism_has_one_reference_and_a_page()
    {
        foreach (var mechanism in AttentionCatalogue.All.GroupBy(entry => entry.Mechanism))
        {
            Assert.Single(mechanism, entry => entry.Facts.Reference);
            Assert.True(
                File.Exists(Path.Combine(Repository.Root, "docs", "mechanisms", mechanism.Key + ".md")), $"docs/mechanisms/{mechanism.Key}.md is missing.");
        }
    }

    [Fact]
    public void Every_task_names_its_metrics_and_says_what_it_isolates()
    {
        foreach (var task in TaskCatalogue.All)
        {
            Assert.Matches("^[a-z]+/[a-z0-9]+(-[a-z0-9]+)*$", task.Entry.Id);
            Assert.NotEmpty(task.Entry.Metrics);
            Assert.EndsWith(".", task.Entry.Description, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void No_source_file_holds_a_path_of_one_machine()
    {
        foreach (var path in Repository.Sources(".cs", ".razor", ".js", ".css", ".yaml", ".json"))
        {
            Assert.DoesNotMatch(@"""/(work|root|home)/", File.ReadAllText(Path.Combine(Repository.Root, path)));
        }
    }

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Namespace();

    [GeneratedRegex("(Manager|Helper|Helpers|Util|Utils|Impl)$")]
    private static partial Regex Vague();
}
