namespace Bench.Suites.Lra;

/// <summary>
/// Published configurations of the Long Range Arena, and one for a CPU. Where the original has a configuration of its own for the Transformer
/// (image, Pathfinder-32), that one holds for every mechanism: the rule is same widths and depths.
/// </summary>
/// <remarks>
/// <c>original</c>: Tay et al., arXiv:2011.04006; google-research/long-range-arena, lra_benchmarks/*/configs. <c>s4</c>: Gu et al., arXiv:2111.00396
/// and state-spaces/s4; its 1e-3 rate for state parameters and its exemption of them from decay have no counterpart in attention and are left out.
/// </remarks>
public static class LraConfigs
{
    /// <summary>Names of the configurations.</summary>
    public static IReadOnlyList<string> Names { get; } = ["small", "original", "s4"];

    private static LraConfig Text { get; } = new()
    {
        Layers = 4,
        Heads = 4,
        HeadSize = 64,
        Width = 256,
        Mlp = 1024,
        Dropout = 0.1,
        AttentionDropout = 0.1,
        ProjectionBias = false,
        Pooling = Pooling.Class,
        HidesZeros = true,
        PoolsPadding = true,
        Batch = 32,
        Length = 1000,
        Steps = 20_000,
        LearningRate = 0.05,
        Schedule = "rsqrt",
        Warmup = 8000,
        WeightDecay = 0.1,
    };

    private static LraConfig Pathfinder32 { get; } = new()
    {
        Layers = 4,
        Heads = 4,
        HeadSize = 4,
        Width = 32,
        Mlp = 32,
        Dropout = 0.2,
        AttentionDropout = 0.1,
        ProjectionBias = false,
        Pooling = Pooling.Mean,
        HidesZeros = true,
        PoolsPadding = true,
        Batch = 512,
        Length = 32 * 32,
        Steps = 200 * (160_000 / 512),
        LearningRate = 1e-3,
        Schedule = "cosine-cycles",
        Warmup = 160_000 / 512,
    };

    private static LraConfig S4 { get; } = new()
    {
        Encoder = EncoderKind.Mixer,
        Layers = 6,
        Heads = 8,
        HeadSize = 32,
        Width = 256,
        Mlp = 256,
        Norm = NormKind.PreBatch,
        Interaction = true,
        Batch = 32,
        Length = 2048,
        Steps = 120_000,
        LearningRate = 0.01,
        Schedule = "cosine",
        Warmup = 12_000,
        WeightDecay = 0.05,
        Beta2 = 0.999,
        Epsilon = 1e-8,
    };

    private static LraConfig Small { get; } = new()
    {
        Layers = 2,
        Heads = 4,
        HeadSize = 16,
        Width = 64,
        Mlp = 128,
        Pooling = Pooling.Mean,
        Interaction = true,
        Batch = 32,
        Length = 256,
        Steps = 400,
        LearningRate = 2e-3,
        Schedule = "cosine",
        Warmup = 40,
        WeightDecay = 0.01,
        ClipNorm = 1,
    };

    /// <summary>A configuration of a task.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="task">Task id, such as <c>lra/text</c>.</param>
    /// <param name="length">Tokens of a row: Pathfinder's sizes have configurations of their own.</param>
    /// <exception cref="FormatException">There is no such configuration of this task; the message names what there is.</exception>
    public static LraConfig Get(string name, string task, int length) => (name, task) switch
    {
        ("small", "lra/image") => Small with { LinearInput = true, Positions = PositionKind.Learned },
        ("small", _) => Small,
        ("original", "lra/listops") => Text with { Heads = 8, Width = 512, Length = 2000, Steps = 5000, Warmup = 1000 },
        ("original", "lra/text") => Text,
        ("original", "lra/retrieval" or "lra/matching") => Text with { HeadSize = 32, Width = 128, Mlp = 512, Length = 4000, Steps = 5000 },
        ("original", "lra/image") => Pathfinder32 with
        {
            Layers = 1,
            Heads = 8,
            HeadSize = 8,
            Width = 128,
            Mlp = 128,
            Dropout = 0.3,
            AttentionDropout = 0.2,
            Pooling = Pooling.Class,
            Positions = PositionKind.Learned,
            Batch = 256,
            Steps = 200 * (45_000 / 256),
            LearningRate = 5e-4,
            Warmup = 45_000 / 256,
        },
        ("original", "lra/pathfinder") => OriginalPathfinder(length),
        ("s4", "lra/listops") => S4 with { Norm = NormKind.PostBatch },
        ("s4", "lra/text") => S4 with { Batch = 16, Length = 4096, Steps = 50_000, Warmup = 5000 },
        ("s4", "lra/retrieval" or "lra/matching") => S4 with { Batch = 64, Length = 4000, Steps = 50_000, Warmup = 5000 },
        ("s4", "lra/image") => S4 with
        {
            Heads = 8,
            HeadSize = 64,
            Width = 512,
            Mlp = 512,
            Norm = NormKind.PostBatch,
            Dropout = 0.1,
            LinearInput = true,
            Batch = 50,
            Length = 1024,
            Steps = 180_000,
            Warmup = 18_000,
        },
        ("s4", "lra/pathfinder") => S4 with
        {
            LinearInput = true,
            LearningRate = length > 1024 ? 0.001 : 0.004,
            Batch = length > 1024 ? 16 : 64,
            Length = length,
            Steps = 500_000,
            Warmup = 50_000,
        },
        _ => throw new FormatException($"'{task}' has no configuration '{name}'; there are {string.Join(", ", Names)}."),
    };

    private static LraConfig OriginalPathfinder(int length) => length switch
    {
        32 * 32 => Pathfinder32,
        64 * 64 => Pathfinder32 with
        {
            Layers = 2,
            HeadSize = 8,
            Dropout = 0.1,
            Pooling = Pooling.Class,
            Positions = PositionKind.Learned,
            Batch = 256,
            Length = length,
            Steps = 200 * (160_000 / 256),
            Warmup = 160_000 / 256,
        },
        128 * 128 => Pathfinder32 with
        {
            Layers = 1,
            Heads = 2,
            HeadSize = 8,
            Dropout = 0.1,
            Positions = PositionKind.Learned,
            Batch = 64,
            Length = length,
            Steps = 200 * (160_000 / 64),
            Warmup = 160_000 / 64,
            ClipNorm = 1,
        },
        _ => throw new FormatException($"The original has Pathfinder at 1024, 4096 and 16384 pixels, not at {length}."),
    };
}
