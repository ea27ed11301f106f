using System.Reflection;
using System.Text.Json;
using static TorchSharp.torch;

namespace Bench.Suites.Conformance;

/// <summary>Runs every case of a golden folder against every implementation bound to its mechanism.</summary>
public static class ConformanceRunner
{
    private static readonly ILookup<string, GoldenBinding> Bindings = typeof(ConformanceRunner).Assembly.GetTypes()
        .Where(type => !type.IsAbstract && type.IsSubclassOf(typeof(GoldenBinding)))
        .Select(type => (Facts: type.GetCustomAttribute<GoldenAttribute>()
            ?? throw new InvalidOperationException($"{type.Name} lacks [Golden]."), Binding: (GoldenBinding)Activator.CreateInstance(type)!))
        .SelectMany(pair => pair.Facts.Mechanisms, (pair, name) => (name, pair.Binding))
        .ToLookup(pair => pair.name, pair => pair.Binding, StringComparer.Ordinal);

    /// <summary>Golden names that a binding serves.</summary>
    public static IEnumerable<string> BoundNames => Bindings.Select(group => group.Key);

    /// <summary>Reads a folder's manifest.</summary>
    /// <exception cref="FileNotFoundException">The folder has no <c>manifest.json</c>.</exception>
    /// <exception cref="InvalidDataException">The manifest is no list of cases.</exception>
    public static IReadOnlyList<GoldenCase> Cases(string folder)
    {
        var path = Path.Combine(folder, "manifest.json");
        if (!File.Exists(path))
        {
            throw new FileNotFoundException(
                $"'{folder}' has no manifest.json. Give a folder of golden cases, such as tests/golden/cab.", path);
        }

        try
        {
            using var manifest = JsonDocument.Parse(File.ReadAllBytes(path));
            var list = manifest.RootElement.ValueKind == JsonValueKind.Object && manifest.RootElement.TryGetProperty("cases", out var cases)
                ? cases
                : manifest.RootElement;
            return list.ValueKind == JsonValueKind.Array
                ? [.. list.EnumerateArray().Select(entry => new GoldenCase(folder, entry))]
                : throw new InvalidDataException($"'{path}' is neither a list of cases nor an object with 'cases'.");
        }
        catch (JsonException mistake)
        {
            throw new InvalidDataException($"'{path}' is no JSON: {mistake.Message}", mistake);
        }
    }

    /// <summary>Runs all cases of a folder.</summary>
    public static ConformanceReport Run(string folder, Action<CaseReport>? progress = null)
    {
        var reports = new List<CaseReport>();
        foreach (var golden in Cases(folder))
        {
            var report = Run(golden);
            reports.Add(report);
            progress?.Invoke(report);
        }

        int Count(string status) => reports.Count(report => report.Status == status);
        return new ConformanceReport(Count("passed"), Count("failed"), Count("not-implemented"), reports);
    }

    /// <summary>Runs one case against every implementation bound to its mechanism; the worst one is reported.</summary>
    public static CaseReport Run(GoldenCase golden)
    {
        var none = new CaseReport { File = golden.File, Mechanism = golden.Mechanism, Status = "not-implemented" };
        var candidates = Candidates(golden);
        if (candidates.Count == 0)
        {
            return none with { Message = $"No binding for '{golden.Mechanism}'." };
        }

        try
        {
            using var scope = NewDisposeScope();
            Load(golden);
            if (candidates.FirstOrDefault(binding => binding.Handles(golden)) is not { } binding)
            {
                return none with { Message = $"'{golden.Mechanism}' is bound, but not for {golden.Text("pattern")} with these tensors." };
            }

            var reports = binding.Implementations(golden).Select(implementation => Run(golden, binding, implementation)).ToList();
            return reports.Count == 0
                ? none with { Message = $"No implementation of '{golden.Mechanism}' supports {golden.Text("pattern")}." }
                : reports.OrderByDescending(report => report.Status == "failed").ThenByDescending(report => report.MaxRelError).First();
        }
        catch (Exception mistake) when (mistake is InvalidDataException or IOException)
        {
            return none with { Status = "failed", Message = mistake.Message };
        }
    }

    /// <summary>The implementations that a case is run against; none when no binding serves it.</summary>
    /// <exception cref="InvalidDataException">The file of the case cannot be read.</exception>
    public static IReadOnlyList<string> Implementations(GoldenCase golden)
    {
        using var scope = NewDisposeScope();
        Load(golden);
        return [.. Candidates(golden).FirstOrDefault(binding => binding.Handles(golden))?.Implementations(golden) ?? []];
    }

    // A family such as 'ruler/*' has one binding for names that only differ in their settings.
    private static List<GoldenBinding> Candidates(GoldenCase golden) =>
        [.. Bindings[golden.Mechanism], .. Bindings[golden.Mechanism.Split('/')[0] + "/*"]];

    private static void Load(GoldenCase golden)
    {
        if (golden.File.EndsWith(".safetensors", StringComparison.Ordinal))
        {
            golden.Load();
        }
    }

    private static CaseReport Run(GoldenCase golden, GoldenBinding binding, string implementation)
    {
        var report = new CaseReport
        {
            File = golden.File,
            Mechanism = golden.Mechanism,
            Implementation = implementation,
            Status = "failed",
        };
        using var scope = NewDisposeScope();
        try
        {
            Load(golden);
            var outcome = binding.Run(golden, implementation);
            var compared = outcome.Outputs.Count == 0 ? report with { Status = "passed" } : Compare(golden, outcome, report);
            GC.KeepAlive(outcome.Modules);
            return compared;
        }
        catch (Exception mistake)
        {
            // A case that cannot be run is a failed case; the run goes on with the next.
            return report with { Message = $"{mistake.GetType().Name}: {mistake.Message.Split('\n')[0]}" };
        }
    }

    private static CaseReport Compare(GoldenCase golden, GoldenOutcome outcome, CaseReport report)
    {
        var comparisons = outcome.Outputs.Where(output => golden.Has(output.Key))
            .Select(output => Comparison.Of(output.Key, output.Value, golden[output.Key], Tolerance(golden, outcome, output.Key))).ToList();
        if (golden.Has("out") && !outcome.Outputs.ContainsKey("out"))
        {
            return report with { Message = "The binding computed no 'out'." };
        }

        var missing = new List<string>();
        if (golden.Optional("cot") is { } cotangent && outcome.Outputs.TryGetValue("out", out var result))
        {
            (result * cotangent).sum().backward();
            foreach (var name in golden.Tensors.Keys.Where(name => name.StartsWith("grad.", StringComparison.Ordinal)))
            {
                var source = name[5..];
                if (outcome.NotApplicable.ContainsKey(name))
                {
                    continue;
                }

                var leaf = outcome.Leaves.GetValueOrDefault(source) ?? golden.Optional(source);
                if (leaf?.grad is { } gradient)
                {
                    comparisons.Add(Comparison.Of(name, gradient, golden[name], golden.Tolerance(gradient: true)));
                }
                else if (golden[name].abs().max().item_as_double() > golden.Tolerance(gradient: true).Atol)
                {
                    missing.Add(name);
                }
            }
        }

        var worst = comparisons.OrderByDescending(comparison => comparison.Excess).First();
        var failed = missing.Count > 0 || comparisons.Any(comparison => !(comparison.Excess <= 1));
        return report with
        {
            Status = failed ? "failed" : "passed",
            MaxAbsError = comparisons.Max(comparison => comparison.MaxAbs),
            MaxRelError = comparisons.Max(comparison => comparison.MaxRel),
            Worst = worst.Name,
            Message = missing.Count > 0 ? $"No gradient reached {string.Join(", ", missing)}."
                : worst.Message ?? (outcome.NotApplicable.Count > 0 ? string.Join(" ", outcome.NotApplicable.Values.Distinct()) : null),
        };
    }

    private static (double Atol, double Rtol) Tolerance(GoldenCase golden, GoldenOutcome outcome, string name)
    {
        var (atol, rtol) = golden.Tolerance(gradient: false);
        return outcome.RelativeToMaximum.Contains(name) ? (Math.Max(atol, rtol * golden[name].abs().max().item_as_double()), rtol) : (atol, rtol);
    }

    private static double item_as_double(this Tensor tensor)
    {
        using var scalar = tensor.to(ScalarType.Float64);
        return scalar.item<double>();
    }

    /// <summary>The distance of one tensor from its record. Excess above 1 is a failure.</summary>
    private sealed record Comparison(string Name, double MaxAbs, double MaxRel, double Excess, string? Message)
    {
        public static Comparison Of(string name, Tensor ours, Tensor recorded, (double Atol, double Rtol) tolerance)
        {
            if (!ours.shape.SequenceEqual(recorded.shape))
            {
                return new Comparison(name, double.MaxValue, double.MaxValue, double.MaxValue,
                    $"'{name}' is [{string.Join(", ", ours.shape)}], recorded is [{string.Join(", ", recorded.shape)}].");
            }

            using var scope = NewDisposeScope();
            var (a, b) = (ours.detach().cpu().to(ScalarType.Float64), recorded.detach().to(ScalarType.Float64));
            if (a.numel() == 0)
            {
                return new Comparison(name, 0, 0, 0, null);
            }

            // Equal infinities and NaN in the same place are agreement; a NaN where the record has a number is not.
            var same = a.eq(b).logical_or(a.isnan().logical_and(b.isnan()));
            var difference = (a - b).abs().masked_fill(same, 0);
            var bad = difference.isfinite().logical_not().sum().item<long>();
            if (bad > 0)
            {
                return new Comparison(name, double.MaxValue, double.MaxValue, double.MaxValue, $"'{name}' has {bad} numbers that are not finite.");
            }

            var magnitude = b.abs().masked_fill(same, 0);
            var floor = tolerance.Rtol > 0 ? tolerance.Atol / tolerance.Rtol : 1;
            return new Comparison(
                name,
                difference.max().item<double>(),
                (difference / magnitude.clamp(min: Math.Max(floor, 1e-300))).max().item<double>(),
                (difference / (tolerance.Atol + tolerance.Rtol * magnitude).clamp(min: 1e-300)).max().item<double>(),
                null);
        }
    }
}
