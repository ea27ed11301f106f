using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Bench.Attention;
using Bench.Domain.Matrix;
using Bench.Suites.Harness;
using YamlDotNet.Core;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace Bench.Suites.Plans;

/// <summary>A suite file is wrong; every mistake is listed at once.</summary>
public sealed class SuiteException(string file, IReadOnlyList<string> mistakes)
    : Exception($"The suite '{file}' has {mistakes.Count} mistake{(mistakes.Count == 1 ? "" : "s")}:\n" + string.Join('\n', mistakes.Select(m => $"  - {m}")))
{
    /// <summary>One sentence a mistake, each naming its place, what is wrong and what would be right.</summary>
    public IReadOnlyList<string> Mistakes { get; } = mistakes;
}

/// <summary>Reads suite files and expands them against the catalogue into the exact list of cells.</summary>
public static partial class SuiteReader
{
    private const int MostCells = 200_000;
    private static readonly string[] Devices = ["cpu", "cuda"];
    private static readonly string[] Dtypes = ["float32", "bfloat16", "float16", "float64"];

    /// <summary>Reads a file and expands it.</summary>
    /// <param name="path">The YAML file.</param>
    /// <param name="device">Device of entries that name none.</param>
    /// <exception cref="SuiteException">With every mistake.</exception>
    public static SuitePlan ReadFile(string path, string device) => Read(File.ReadAllText(path), Path.GetFileName(path), device);

    /// <summary>The bounds that a suite sets to its figures.</summary>
    /// <param name="path">The YAML file.</param>
    /// <exception cref="SuiteException">The file is no valid YAML.</exception>
    public static IReadOnlyList<SuiteTarget> ReadTargets(string path) => Parse(File.ReadAllText(path), Path.GetFileName(path)).Targets ?? [];

    /// <summary>Reads YAML text and expands it.</summary>
    /// <exception cref="SuiteException">With every mistake.</exception>
    public static SuitePlan Read(string yaml, string file, string device)
    {
        var suite = Parse(yaml, file);
        var mistakes = new List<string>();
        if (suite.Name is null || !KebabCase().IsMatch(suite.Name))
        {
            mistakes.Add($"name: '{suite.Name}' must be kebab case, such as 'quick'.");
        }

        if (string.IsNullOrWhiteSpace(suite.Title))
        {
            mistakes.Add("title: say in one line what the suite answers.");
        }

        if (suite.Cells is not { Count: > 0 })
        {
            mistakes.Add("cells: list at least one group with 'task', 'implementations' and 'lengths'.");
        }

        CheckBudget(suite.Budget, "budget", mistakes);
        var cells = new List<PlannedCell>();
        for (var i = 0; i < (suite.Cells?.Count ?? 0); i++)
        {
            cells.AddRange(Expand(suite, suite.Cells![i], $"cells[{i}]", device, mistakes));
            if (cells.Count > MostCells)
            {
                mistakes.Add($"cells[{i}]: the suite has more than {MostCells} cells; split it.");
                break;
            }
        }

        var metrics = cells.Select(cell => cell.Cell.Task).Distinct().SelectMany(task => TaskCatalogue.Get(task).Entry.Metrics).Select(metric => metric.Name).ToHashSet();
        for (var i = 0; i < (suite.Targets?.Count ?? 0); i++)
        {
            var target = suite.Targets![i];
            mistakes.AddRange(target.Mistakes($"targets[{i}]"));
            if (target.Metric is { } metric && cells.Count > 0 && !metrics.Contains(metric))
            {
                mistakes.Add($"targets[{i}].metric: no task of the suite reports '{metric}'; they report {string.Join(", ", metrics)}.");
            }
        }

        if (mistakes.Count > 0)
        {
            throw new SuiteException(file, mistakes);
        }

        return new SuitePlan
        {
            Name = suite.Name!,
            Title = suite.Title!,
            Description = suite.Description?.Trim() ?? "",
            ContentHash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(yaml))),
            Cells = Shuffle(cells.DistinctBy(cell => (cell.Cell.Key, cell.Seed)).ToList()),
        };
    }

    private static SuiteFile Parse(string yaml, string file)
    {
        try
        {
            return new DeserializerBuilder().WithNamingConvention(CamelCaseNamingConvention.Instance).WithDuplicateKeyChecking().Build()
                .Deserialize<SuiteFile>(yaml) ?? new SuiteFile();
        }
        catch (YamlException mistake)
        {
            throw new SuiteException(
                file, [$"line {mistake.Start.Line}, column {mistake.Start.Column}: {mistake.InnerException?.Message ?? mistake.Message}"]);
        }
    }

    private static IEnumerable<PlannedCell> Expand(SuiteFile suite, SuiteEntry entry, string at, string device, List<string> mistakes)
    {
        var before = mistakes.Count;
        var task = entry.Task is { } id && TaskCatalogue.Contains(id) ? TaskCatalogue.Get(id) : null;
        if (task is null)
        {
            mistakes.Add($"{at}.task: '{entry.Task}' is no task; there are {string.Join(", ", TaskCatalogue.All.Select(t => t.Entry.Id))}.");
        }

        var implementations = Select(entry.Implementations, at, mistakes);
        var patterns = Patterns(entry.Patterns, at, mistakes);
        CheckSizes(entry, at, mistakes);
        CheckBudget(entry.Budget, $"{at}.budget", mistakes);
        CheckOptions(entry, implementations, at, mistakes);
        var unknown = (entry.Parameters?.Keys ?? Enumerable.Empty<string>()).Except(task?.Parameters.Keys ?? []).ToList();
        if (task is not null && unknown.Count > 0)
        {
            mistakes.Add($"{at}.parameters: '{entry.Task}' has no {string.Join(", ", unknown)}; it has "
                + $"{(task.Parameters.Count == 0 ? "none" : string.Join(", ", task.Parameters.Keys))}.");
        }

        if (mistakes.Count > before)
        {
            yield break;
        }

        var budgetText = new SortedDictionary<string, string>(
            (suite.Budget ?? []).Concat(entry.Budget ?? []).GroupBy(pair => pair.Key).ToDictionary(group => group.Key, group => group.Last().Value),
            StringComparer.Ordinal);
        var budget = Budget.Parse(budgetText);
        var cells =
            from implementation in implementations
            from pattern in patterns
            from length in entry.Lengths!
            from source in pattern.IsCross && entry.SourceLengths is { } sources ? sources.Select(m => (int?)m) : [null]
            from dtype in entry.Dtypes
            from options in Combinations(entry.Options)
            from parameters in Combinations(entry.Parameters)
            select new Cell
            {
                Task = task!.Entry.Id,
                Implementation = implementation.Id,
                Pattern = pattern,
                Batch = entry.Batch,
                Heads = entry.Heads,
                HeadSize = entry.HeadSize,
                Length = length,
                SourceLength = source,
                Dtype = dtype,
                Device = entry.Device ?? device,
                Options = Relevant(options, implementation),
                Parameters = parameters,
            };
        foreach (var cell in cells.DistinctBy(cell => cell.Key))
        {
            var reason = task!.WhyNot(cell);
            foreach (var seed in entry.Seeds ?? [1])
            {
                yield return new PlannedCell
                {
                    Cell = cell,
                    Seed = seed,
                    Budget = budgetText,
                    EstimatedSeconds = task.EstimateSeconds(cell, budget),
                    IneligibleReason = reason,
                };
            }
        }
    }

    /// <summary>Ids as suites name them: <c>*</c> stands for any part of an id.</summary>
    internal static Regex IdPattern(string text) => new("^" + Regex.Escape(text).Replace("\\*", ".*", StringComparison.Ordinal) + "$");

    private static List<AttentionEntry> Select(List<string>? wanted, string at, List<string> mistakes)
    {
        if (wanted is not { Count: > 0 })
        {
            mistakes.Add($"{at}.implementations: list at least one id, such as 'softmax/sdpa' or 'softmax/*'.");
            return [];
        }

        var selected = new List<AttentionEntry>();
        foreach (var text in wanted)
        {
            var remove = text.StartsWith('!');
            var pattern = IdPattern(text.TrimStart('!'));
            var matches = AttentionCatalogue.All.Where(entry => pattern.IsMatch(entry.Id)).ToList();
            if (matches.Count == 0)
            {
                mistakes.Add($"{at}.implementations: '{text}' matches nothing; 'bench list attention' shows all ids.");
            }

            if (remove)
            {
                selected.RemoveAll(matches.Contains);
            }
            else
            {
                selected.AddRange(matches.Except(selected));
            }
        }

        return selected;
    }

    private static List<AttentionPattern> Patterns(List<string>? wanted, string at, List<string> mistakes)
    {
        var patterns = new List<AttentionPattern>();
        foreach (var text in wanted ?? [.. AttentionPatterns.All.Select(pattern => pattern.Name)])
        {
            if (AttentionPatterns.TryParse(text, out var pattern))
            {
                patterns.Add(pattern);
            }
            else
            {
                mistakes.Add($"{at}.patterns: '{text}' is no pattern; use {string.Join(", ", AttentionPatterns.All.Select(p => p.Name))}.");
            }
        }

        return patterns;
    }

    private static void CheckSizes(SuiteEntry entry, string at, List<string> mistakes)
    {
        void Positive(string name, IEnumerable<int> values)
        {
            foreach (var value in values.Where(value => value is < 1 or > 1 << 24))
            {
                mistakes.Add($"{at}.{name}: {value} must be between 1 and {1 << 24}.");
            }
        }

        if (entry.Lengths is not { Count: > 0 })
        {
            mistakes.Add($"{at}.lengths: list at least one query length, such as 1024.");
        }

        Positive("lengths", entry.Lengths ?? []);
        Positive("sourceLengths", entry.SourceLengths ?? []);
        Positive("batch", [entry.Batch]);
        Positive("heads", [entry.Heads]);
        Positive("headSize", [entry.HeadSize]);
        foreach (var dtype in entry.Dtypes.Except(Dtypes))
        {
            mistakes.Add($"{at}.dtypes: '{dtype}' is no element type; use {string.Join(", ", Dtypes)}.");
        }

        if (entry.Device is { } device && !Devices.Contains(device))
        {
            mistakes.Add($"{at}.device: '{device}' is no device; use {string.Join(" or ", Devices)}.");
        }
    }

    private static void CheckBudget(Dictionary<string, string>? budget, string at, List<string> mistakes)
    {
        try
        {
            Budget.Parse(budget ?? []);
        }
        catch (FormatException mistake)
        {
            mistakes.Add($"{at}: {mistake.Message}");
        }
    }

    /// <summary>An option must be known to at least one selected implementation, and its values must be readable there.</summary>
    private static void CheckOptions(SuiteEntry entry, List<AttentionEntry> implementations, string at, List<string> mistakes)
    {
        foreach (var name in (entry.Options?.Keys ?? Enumerable.Empty<string>()).Where(name => implementations.Count > 0))
        {
            if (!implementations.Any(implementation => implementation.DefaultOptions().ContainsKey(name)))
            {
                mistakes.Add($"{at}.options: none of the selected implementations has an option '{name}'.");
            }
        }

        foreach (var (options, implementation) in Combinations(entry.Options).SelectMany(_ => implementations, (options, each) => (options, each)))
        {
            try
            {
                implementation.ParseOptions(Relevant(options, implementation));
            }
            catch (ArgumentException mistake)
            {
                mistakes.Add($"{at}.options: {mistake.Message}");
            }
        }
    }

    private static SortedDictionary<string, string> Relevant(SortedDictionary<string, string> options, AttentionEntry implementation)
    {
        var known = implementation.DefaultOptions();
        return new(options.Where(option => known.ContainsKey(option.Key)).ToDictionary(), StringComparer.Ordinal);
    }

    private static IEnumerable<SortedDictionary<string, string>> Combinations(Dictionary<string, object>? values)
    {
        IEnumerable<SortedDictionary<string, string>> combinations = [new(StringComparer.Ordinal)];
        foreach (var (name, value) in values ?? [])
        {
            var choices = value is IEnumerable<object> list ? list.Select(Text).ToList() : [Text(value)];
            combinations = combinations.SelectMany(
                combination => choices, (combination, choice) => new SortedDictionary<string, string>(combination, StringComparer.Ordinal) { [name] = choice }).ToList();
        }

        return combinations;
    }

    private static string Text(object value) => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";

    /// <summary>A fixed random order, so that drift of the machine hits all implementations alike and not the last one in the file.</summary>
    private static List<PlannedCell> Shuffle(List<PlannedCell> cells)
    {
        var order = cells.ToArray();
        new Random(20_240_229).Shuffle(order);
        return [.. order];
    }

    [GeneratedRegex("^[a-z][a-z0-9]*(-[a-z0-9]+)*$")]
    private static partial Regex KebabCase();
}
