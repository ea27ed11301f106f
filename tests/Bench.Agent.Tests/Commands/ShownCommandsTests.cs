using System.CommandLine.Parsing;
using System.Text.RegularExpressions;
using Bench.Agent.Commands;

namespace Bench.Agent.Tests.Commands;

/// <summary>Commands that pages, documents and the README show are commands that the program knows.</summary>
public sealed partial class ShownCommandsTests
{
    private const string Address = "https://bench.example.org/";

    public static IEnumerable<TheoryDataRow<string>> Shown() => Files()
        .SelectMany(file => Command().Matches(File.ReadAllText(file)).Select(match => match.Groups[1].Value is var shown && shown.EndsWith("--server ", StringComparison.Ordinal) ? shown + Address : shown.Trim()))
        .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Select(line => new TheoryDataRow<string>(line));

    [Theory, MemberData(nameof(Shown))]
    public void A_command_that_is_shown_can_be_given(string line)
    {
        // What a page or a reader fills in stands for itself.
        var words = CommandLineParser.SplitCommandLine(Placeholder().Replace(line, "x").Replace("URL", Address, StringComparison.Ordinal));

        var parsed = CommandTree.Create().Parse([.. words]);

        Assert.True(parsed.Errors.Count == 0, $"./bench {line}: {string.Join(" ", parsed.Errors.Select(error => error.Message))}");
    }

    [Fact]
    public void Commands_are_found_in_pages_and_documents() => Assert.InRange(Shown().Count(), 15, 500);

    private static IEnumerable<string> Files()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root.FullName, "Bench.sln")))
        {
            root = root.Parent ?? throw new InvalidOperationException($"No Bench.sln above '{AppContext.BaseDirectory}'. Run the tests from the working tree.");
        }

        return new[] { Path.Combine(root.FullName, "README.md"), Path.Combine(root.FullName, "CONTRIBUTING.md") }
            .Concat(Directory.EnumerateFiles(Path.Combine(root.FullName, "docs"), "*.md", SearchOption.AllDirectories))
            .Concat(Directory.EnumerateFiles(Path.Combine(root.FullName, "web", "Bench.Web", "Features"), "*.razor", SearchOption.AllDirectories));
    }

    /// <summary>What follows <c>./bench</c>, up to the end of the code that holds it.</summary>
    [GeneratedRegex("""\./bench ([a-z][^"`<\n#|;]*)""")]
    private static partial Regex Command();

    [GeneratedRegex("""@?\(?\{[^}]*\}\)?""")]
    private static partial Regex Placeholder();
}
