namespace Bench.Faults.Tests;

/// <summary>What a process is started in.</summary>
internal sealed record Surroundings
{
    /// <summary>Environment variables beside the inherited ones.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Words that stand before the command, such as <c>ip netns exec NAME</c>; the command must take the place of their process.</summary>
    public IReadOnlyList<string> Prefix { get; init; } = [];

    /// <summary>Folder of its files; null for a temporary one.</summary>
    public string? Folder { get; init; }
}
