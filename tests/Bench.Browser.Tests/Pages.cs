namespace Bench.Browser.Tests;

/// <summary>Every page of the site, for tests that visit all of them.</summary>
public static class Pages
{
    /// <summary>Name for files, and path; <see cref="Site.Resolve"/> fills in ids.</summary>
    public static IReadOnlyList<(string Name, string Path)> All { get; } =
    [
        ("home", "/"),
        ("curves", "/curves"),
        ("curves-ratio", "/curves?view=ratio"),
        ("curves-memory", "/curves?metric=memory"),
        ("recall", "/recall"),
        ("hybrids", "/hybrids"),
        ("parallel", "/parallel"),
        ("run-timed", "/runs/{timed}"),
        ("run-trained", "/runs/{trained}?with={timed}"),
        ("run-failed", "/runs/{failed}"),
        ("agents", "/agents"),
        ("agent", "/agents/bench-01"),
        ("queue", "/queue"),
        ("schedules", "/schedules"),
        ("status", "/status"),
        ("boards", "/leaderboards"),
        ("board-speed", "/leaderboards/speed-causal-self"),
        ("board-recall", "/leaderboards/recall"),
        ("board-efficiency", "/leaderboards/efficiency-causal-self"),
        ("board-open", "/leaderboards/recall?division=open"),
        ("board-cab", "/leaderboards/cab-noncausal-self"),
        ("board-lra", "/leaderboards/lra"),
        ("correlations", "/correlations"),
        ("changes", "/changes"),
        ("change", "/changes/{change}"),
        ("compare", "/compare"),
        ("advisor", "/advisor"),
        ("advisor-limits", "/advisor?length=8192&memoryBytes=67108864&recall=0.8"),
        ("compare-mechanisms", "/compare?a=implementation:softmax/sdpa&b=implementation:linear-elu/chunked"),
        ("compare-commits", "/compare?a=commit:0123456&b=commit:fedcba9&show=all"),
        ("run-history", "/runs/{repeated}"),
        ("published", "/published"),
        ("published-table", "/published/cab-efficiency-length"),
        ("account", "/account"),
        ("admin", "/admin"),
        ("problems", "/problems"),
        ("embed", "/embed/curves"),
        ("mechanisms", "/mechanisms"),
        ("mechanism", "/mechanisms/linear-elu"),
        ("tasks", "/tasks"),
        ("method", "/docs/method"),
    ];

    /// <summary>All, or while somebody works at a few of them, those whose names begin as <c>BENCH_PAGES=compare,advisor</c> says.</summary>
    public static IReadOnlyList<(string Name, string Path)> Chosen { get; } =
        Environment.GetEnvironmentVariable("BENCH_PAGES") is { Length: > 0 } names
            ? [.. All.Where(page => names.Split(',').Any(name => page.Name.StartsWith(name, StringComparison.Ordinal)))]
            : All;

    /// <summary>The three widths: a phone, a tablet, a desk.</summary>
    public static IReadOnlyList<int> Widths { get; } = [360, 768, 1440];
}
