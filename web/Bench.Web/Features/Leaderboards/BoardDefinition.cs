using System.Security.Cryptography;
using System.Text;
using Bench.Domain.Matrix;

namespace Bench.Web.Features.Leaderboards;

/// <summary>What a board ranks by.</summary>
internal enum BoardKind
{
    /// <summary>Times relative to the baseline.</summary>
    Speed,

    /// <summary>The length from which an implementation is cheaper than the baseline.</summary>
    EfficiencyLength,

    /// <summary>Accuracy over difficulties of a recall task.</summary>
    Recall,

    /// <summary>CAB's compositional index.</summary>
    Compositional,

    /// <summary>Accuracy over the tasks of a suite.</summary>
    Accuracy,
}

/// <summary>What a board ranks and how. A change makes a new version: the hash in the page's head says which one a reader saw.</summary>
/// <param name="Slug">For addresses.</param>
/// <param name="Title">For people.</param>
/// <param name="Kind">What is ranked by.</param>
/// <param name="Task">Task id, or the common prefix of several with a slash at its end.</param>
/// <param name="Pattern">Pattern of the ranked cells.</param>
/// <param name="Rule">How cells become a score, one sentence.</param>
internal sealed record BoardDefinition(string Slug, string Title, BoardKind Kind, string Task, AttentionPattern Pattern, string Rule)
{
    /// <summary>Version of the rules.</summary>
    public const int Version = 4;

    private const string SpeedRule = "geometric mean over lengths of the median time divided by that of the baseline, every length with the same weight";
    private const string LengthRule = "tokens from which on it is faster than the baseline for good, in log–log space between measured lengths; fewer is better, and intervals that overlap tie";
    private const string IndexRule = "CAB's compositional index with the constants of 2023-07, over runs at the paper's scale on the official data: every metric normalised, averaged within a task, then over tasks, every task with the same weight";

    private const string ArenaRule = "mean accuracy over the five tasks without Path-X, every task with the same weight, over all seeds";
    private static readonly string[] Arena = ["lra/listops", "lra/text", "lra/retrieval", "lra/image", "lra/pathfinder"];

    /// <summary>Published tables that stand beside the measured ranks, by name.</summary>
    public IReadOnlyList<string> Published { get; init; } = [];

    /// <summary>Tasks of a suite in order; empty where lengths or difficulties are the cells.</summary>
    public IReadOnlyList<string> Tasks { get; init; } = [];

    /// <summary>Configuration and data that scores of a suite must have; any data where that is null. Null where neither matters.</summary>
    public (string Config, string? Data)? Setting { get; init; }

    /// <summary>Every board in the order in which they are listed.</summary>
    public static IReadOnlyList<BoardDefinition> All { get; } =
    [
        .. AttentionPatterns.All.Select(pattern => new BoardDefinition($"speed-{pattern.Name}", $"Speed, {Words(pattern)}", BoardKind.Speed, "efficiency/forward", pattern, SpeedRule)),
        .. AttentionPatterns.All.Select(pattern => new BoardDefinition($"efficiency-{pattern.Name}", $"Efficiency length, {Words(pattern)}", BoardKind.EfficiencyLength, "efficiency/forward", pattern, LengthRule)
        {
            Published = pattern == AttentionPattern.NoncausalSelf ? ["cab-efficiency-length"] : [],
        }),
        new("recall", "Associative recall", BoardKind.Recall, "recall/mqar", AttentionPattern.CausalSelf, "mean accuracy over difficulties, every difficulty with the same weight, over all seeds")
        {
            Published = ["linear-based-recall"],
        },
        new("lra", "Long range arena", BoardKind.Accuracy, "lra/", AttentionPattern.NoncausalSelf, $"{ArenaRule}; original configurations on the official data")
        {
            Tasks = Arena,
            Setting = ("original", "official"),
            Published = ["tasks-lra-original", "tasks-lra-flashattention", "tasks-lra-ssm"],
        },
        new("lra-small", "Long range arena, small", BoardKind.Accuracy, "lra/", AttentionPattern.NoncausalSelf, $"{ArenaRule}; small models on small real or generated data, of every task the setting that most implementations share; never beside published figures")
        {
            Tasks = Arena,
            Setting = ("small", null),
        },
        .. AttentionPatterns.All.Select(pattern => new BoardDefinition($"cab-{pattern.Name}", $"CAB, {Words(pattern)}", BoardKind.Compositional, "cab/", pattern, IndexRule)
        {
            Published = [$"cab-leaderboard-{pattern.Name}"],
        }),
    ];

    /// <summary>Eight hexadecimal digits of the definition's SHA-256.</summary>
    public string Hash => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{Slug}|{Kind}|{Task}|{string.Join(',', Tasks)}|{Pattern.Name}|{Setting}|{Rule}|{Version}")))[..8];

    private static string Words(AttentionPattern pattern) => pattern.Name.Replace('-', ' ');
}
