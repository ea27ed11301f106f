using System.Security.Cryptography;
using System.Text;
using Bench.Domain.Matrix;

namespace Bench.Web.Features.Leaderboards;

/// <summary>What a board ranks and how. A change makes a new version: the hash in the page's head says which one a reader saw.</summary>
/// <param name="Slug">For addresses.</param>
/// <param name="Title">For people.</param>
/// <param name="Task">Task id.</param>
/// <param name="Pattern">Pattern of the ranked cells.</param>
/// <param name="Rule">How cells become a score, one sentence.</param>
internal sealed record BoardDefinition(string Slug, string Title, string Task, AttentionPattern Pattern, string Rule)
{
    /// <summary>Version of the rules.</summary>
    public const int Version = 1;

    private const string CostRule = "geometric mean over lengths of the median time divided by that of the baseline, every length with the same weight";

    /// <summary>Every board in the order in which they are listed.</summary>
    public static IReadOnlyList<BoardDefinition> All { get; } =
    [
        .. AttentionPatterns.All.Select(pattern => new BoardDefinition(
            $"speed-{pattern.Name}", $"Speed, {pattern.Name.Replace('-', ' ')}", "efficiency/forward", pattern, CostRule)),
        new("recall", "Associative recall", "recall/mqar", AttentionPattern.CausalSelf, "mean accuracy over difficulties, every difficulty with the same weight, over all seeds"),
    ];

    /// <summary>Whether the board is about cost.</summary>
    public bool IsCost => Task.StartsWith("efficiency/", StringComparison.Ordinal);

    /// <summary>Eight hexadecimal digits of the definition's SHA-256.</summary>
    public string Hash => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{Slug}|{Task}|{Pattern.Name}|{Rule}|{Version}")))[..8];
}
