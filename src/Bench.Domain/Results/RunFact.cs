using System.Text;

namespace Bench.Domain.Results;

/// <summary>A number that a run stores beside its metrics, as people read it.</summary>
/// <param name="Name">camelCase name under which it is stored; one by length or kind has a dot and that behind it.</param>
/// <param name="Unit">Unit symbol; <c>1</c> for a fraction, empty for a count or a plain number, <c>yes/no</c> for a switch, <c>tier</c> for a number of <see cref="Tiers"/>.</param>
/// <param name="Title">Name for people.</param>
/// <param name="Description">What it is.</param>
public sealed record RunFact(string Name, string Unit, string Title, string Description)
{
    /// <summary>Unit of a fact that is 1 or 0.</summary>
    public const string Switch = "yes/no";

    /// <summary>Unit of a fact that counts the tiers of data.</summary>
    public const string Tier = "tier";

    /// <summary>Tiers of data by their number.</summary>
    public static IReadOnlyList<string> Tiers { get; } = ["official", "stand-in", "synthetic"];

    /// <summary>Facts that the tasks of this suite store, attention diagnostics apart.</summary>
    public static IReadOnlyList<RunFact> All { get; } =
    [
        new("usefulFlops", "FLOP", "Useful work", "Floating-point operations that the mathematics of the mechanism needs for one pass."),
        new("leastBytes", "B", "Least traffic", "Bytes of inputs and outputs that one pass must read and write at least."),
        new("peakFlopsPerSecond", "FLOP/s", "Peak rate", "Fastest on one thread of this machine, measured in the same run: a matrix product or, on a CPU, multiply-adds in registers."),
        new("multiplyAddFlopsPerSecond", "FLOP/s", "Multiply-add rate", "Multiply-adds in registers on one thread, in the widest vectors of the core."),
        new("peakBytesPerSecond", "B/s", "Peak bandwidth", "Fastest copy on this machine, measured in the same run."),
        new("shareOfPeak", "1", "Share of the peak", "Useful work per second, at the median, over the peak rate of the threads in use."),
        new("callsPerSample", "", "Calls a sample", "Passes inside one timed sample, so that the clock's resolution does not show."),
        new("warmUpPasses", "", "Warm-up passes", "Passes before the first sample that counts."),
        new("overheadMicroseconds", "µs", "Harness overhead", "What the harness itself adds to a repetition."),
        new("cpuShare", "1", "Processor share", "Processor time over wall time during the samples."),
        new("interruptedSamples", "", "Interrupted samples", "Samples left out because the system took the processor away during them."),
        new("sharedSamples", "", "Shared samples", "Samples left out because another hardware thread worked on the core beside them."),
        new("disturbedSamplesKept", Switch, "Disturbed samples kept", "Whether too few undisturbed samples came in, so that all were kept."),
        new("quietCoreRatio", "", "Quiet-core ratio", "Chain of dependent additions over independent ones on an unshared core; shared from a tenth above it."),
        new("analyticActivationBytes", "B", "Activations by formula", "Memory of a pass by the mechanism's cost model."),
        new("gpuClockMegahertz", "MHz", "GPU clock", "Right after the timed passes."),
        new("gpuMemoryClockMegahertz", "MHz", "GPU memory clock", "Right after the timed passes."),
        new("gpuPowerWatt", "W", "GPU power", "Right after the timed passes."),
        new("gpuTemperatureCelsius", "°C", "GPU temperature", "Right after the timed passes."),
        new("gpuThrottled", Switch, "GPU throttled", "The device held its clock back right after the timed passes, for this reason."),
        new("parameters", "", "Parameters", "Weights of the model that was trained."),
        new("baseParameters", "", "Parameters of the base model", "Weights of the same model with plain softmax attention."),
        new("parameterRatio", "", "Parameters against the base model", "Above the task's bound the run does not rank."),
        new("overBudget", Switch, "Over the parameter budget", "Whether the model has more weights than the task allows beside the base model."),
        new("dataTier", Tier, "Data", "The data set that the benchmark's authors name, other real data of the same kind, or data that a generator makes."),
        new("learningRate", "", "Learning rate", "Of the run, or of the best one where rates were swept."),
        new("steps", "", "Steps", "Weight updates."),
        new("testedStep", "", "Tested step", "Weight update after which the tested state was kept."),
        new("tokens", "", "Training tokens", "Tokens that passed the model while it trained."),
        new("testRows", "", "Test rows", "Examples of the test."),
        new("testTokens", "", "Test tokens", "Tokens of the test."),
        new("bestOf", "", "Learning rates", "Rates that were tried; the best one by its test counts."),
        new("diverged", "", "Diverged", "Rates whose training left the number range."),
        new("dataShare", "1", "Making batches", "Time spent on batches, on a thread of their own, over the time of the steps."),
        new("waitShare", "1", "Waiting for batches", "Time that steps waited for batches, over the time of the steps."),
        new("trainLoss", "", "Training loss", "At the end of training."),
        new("gain", "", "Gain over the simple answer", "How much better the model is than the answer without it, mean over test examples."),
        new("gainHalfWidth", "", "Half-width of the gain", "Half of the 95 % interval of the gain; the gain is real where it is larger than this."),
        new("cubicPsnr", "dB", "PSNR of bicubic enlargement", "The simple answer of super-resolution on the same test pictures."),
        new("cubicSsim", "", "SSIM of bicubic enlargement", "The simple answer of super-resolution on the same test pictures."),
        new("nearestPsnr", "dB", "PSNR of nearest-pixel enlargement", "A weaker answer on the same test pictures."),
        new("partialChamferL1", "", "Chamfer distance of the partial cloud", "The simple answer of point-cloud completion: what was seen, unchanged."),
        new("lastValueMse", "", "Squared error of the last value", "The simple answer of forecasting: the last value, repeated."),
        new("lastValueMae", "", "Absolute error of the last value", "The simple answer of forecasting: the last value, repeated."),
        new("trainMeanMse", "", "Squared error of the training mean", "A weaker answer of forecasting."),
        new("spokenFrameShare", "1", "Spoken length", "Frames that the model spoke over those that were expected."),
        new("majorityShare", "1", "Majority class", "Share of test examples that the most frequent answer gets right."),
        new("workers", "", "Workers", "Processes that one sequence was split over."),
        new("bytesByFormulaForward", "B", "Bytes by formula, forward", "What all workers together should send in a forward pass."),
        new("bytesByFormulaBackward", "B", "Bytes by formula, backward", "What all workers together should send in a backward pass."),
        new("forwardMs", "ms", "Forward pass", "Median over rounds."),
        new("forwardBackwardMs", "ms", "Forward and backward pass", "Median over rounds."),
        new("softmaxMs", "ms", "Forward pass of fused softmax attention", "Median over the same rounds."),
        new("decodeMicroseconds", "µs", "Decode step", "Median over rounds, after a prefix of this many tokens."),
        new("quickestDecodeMicroseconds", "µs", "Quickest decode step", "Of all rounds, after a prefix of this many tokens."),
        new("peakBytes", "B", "Peak memory", "High-water mark of a forward and backward pass."),
    ];

    private static readonly Dictionary<string, RunFact> ByName = All.ToDictionary(fact => fact.Name, StringComparer.Ordinal);

    /// <summary>The fact under a stored name, and what stands behind its dot (a length, a reason), or null.</summary>
    /// <param name="stored">Name under which a run stores the number.</param>
    /// <returns>A fact that no task of this suite knows, of another version perhaps, keeps its name, in words.</returns>
    public static (RunFact Fact, string? Of) Find(string stored)
    {
        if (ByName.TryGetValue(stored, out var fact))
        {
            return (fact, null);
        }

        var dot = stored.LastIndexOf('.');
        return dot > 0 && ByName.TryGetValue(stored[..dot], out fact)
            ? (fact, stored[(dot + 1)..])
            : (new RunFact(stored, "", Words(stored), $"Stored by the run as '{stored}'."), null);
    }

    private static string Words(string name)
    {
        var words = new StringBuilder();
        foreach (var letter in name)
        {
            if (char.IsAsciiLetterUpper(letter) && words.Length > 0)
            {
                words.Append(' ').Append(char.ToLowerInvariant(letter));
            }
            else
            {
                words.Append(words.Length == 0 ? char.ToUpperInvariant(letter) : letter);
            }
        }

        return words.ToString();
    }
}
