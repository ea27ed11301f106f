using Bench.Attention;
using Bench.Domain.Catalogue;
using Bench.Domain.Matrix;
using Bench.Domain.Results;
using Bench.Suites.Data;
using Bench.Suites.Harness;
using Bench.Suites.Training;
using static TorchSharp.torch;

namespace Bench.Suites.Cab.Speech;

/// <summary>
/// CAB's text to speech: FastSpeech 2 around noncausal self attention, or Transformer-TTS around noncausal self, causal self or causal cross attention.
/// </summary>
public sealed class TextToSpeechTask : LearningTask<SpeechBatch>
{
    private const string FastSpeech = "fastspeech2";
    private const string Transformer = "transformer-tts";

    /// <summary>Frames of a synthetic letter at most.</summary>
    private const int FramesPerLetter = 6;

    /// <inheritdoc />
    public override TaskEntry Entry { get; } = new()
    {
        Id = "cab/text-to-speech",
        Title = "Text to speech",
        Description = "FastSpeech 2 or Transformer-TTS speaks a text; distortion against the recording, both through Griffin–Lim.",
        Metrics =
        [
            TextMetrics.Mcd, TextMetrics.Msd,
            TextMetrics.Baseline(TextMetrics.Mcd, "the mean training frame"), TextMetrics.Baseline(TextMetrics.Msd, "the mean training frame"),
            TaskMetrics.TrainTokensPerSecond, TaskMetrics.TrainLoss, TaskMetrics.TrainPeakMemoryBytes,
        ],
        Paper = "arXiv:2210.07661",
    };

    /// <inheritdoc />
    public override IReadOnlyDictionary<string, string> Parameters { get; } = new Dictionary<string, string>(ScaledParameters.Backbone)
    {
        [DataParameter] = "synthetic",
        ["attention"] = "cell",
        ["backbone"] = FastSpeech,
        ["textTokens"] = ScaledParameters.Auto,
        ["heldRows"] = ScaledParameters.Auto,
    };

    /// <inheritdoc />
    protected override string StandinPackage => "pocketsphinx";

    /// <inheritdoc />
    public override double EstimateSeconds(Cell cell, Budget budget)
    {
        var read = new ParameterReader(this, cell);
        var width = cell.Heads * cell.HeadSize / 64.0;
        return Math.Min(MostSeconds, 40 + (3e-5 * width * width * cell.Batch * Math.Max(cell.Length, 64) * (double)Recipe(read).Steps));
    }

    /// <inheritdoc />
    protected override IReadOnlyList<LayerPlace> Places(ParameterReader read)
    {
        // Read for its complaints.
        _ = new ScaledParameters(read).Attention();
        var (cell, text) = (read.Cell, TextTokens(read));
        var expected = (IsFast(read), cell.Pattern) switch
        {
            (true, _) => Frames(read),
            (false, { IsCross: true }) => Steps(read),
            (false, var pattern) => pattern == AttentionPattern.NoncausalSelf ? text : Steps(read),
        };
        if (cell.Length != expected || (cell.Pattern.IsCross && (cell.SourceLength ?? cell.Length) != text))
        {
            throw new ArgumentException($"With {text} text tokens, a cell of {cell.Pattern.Name} around '{read.Text("backbone")}' has the length {expected}"
                + $"{(cell.Pattern.IsCross ? $" and the source length {text}" : "")}; change it, or 'textTokens'.");
        }

        LayerPlace At(AttentionSettings settings, AttentionPattern pattern, int n, int m) => new(
            settings with { Pattern = pattern }, new AttentionShape(pattern, cell.Batch, cell.Heads, n, m, cell.HeadSize, cell.HeadSize));
        if (IsFast(read))
        {
            var fast = Fast(read, 2);
            return [.. Enumerable.Range(0, 2 * fast.Layers).Select(layer => (Layer: layer, Length: layer < fast.Layers ? text : Frames(read)))
                .Select(place => At(fast.Attention(place.Layer), AttentionPattern.NoncausalSelf, place.Length, place.Length))];
        }

        var settings = Slow(read, 2);
        return [.. Enumerable.Range(0, settings.Layers).Select(layer => settings.Block.Attention(layer, settings.Layers)).SelectMany(place => new[]
        {
            At(place, AttentionPattern.NoncausalSelf, text, text),
            At(place, AttentionPattern.CausalSelf, Steps(read), Steps(read)),
            At(place, AttentionPattern.CausalCross, Steps(read), text),
        })];
    }

    /// <inheritdoc />
    protected override nn.Module CreateModel(ParameterReader read) => Build(read, Vocabulary(read)).Model;

    /// <inheritdoc />
    protected override ILearner<SpeechBatch> CreateLearner(ParameterReader read, int seed)
    {
        var (cell, scaled) = (read.Cell, new ScaledParameters(read));
        var corpus = Corpus(read, seed);
        var speaker = Build(read, corpus.Vocabulary);
        Place(speaker.Model, cell);
        return new SpeechLearner(
            speaker, corpus, new SpeechFeatures(corpus, IsFast(read)), Target(cell), seed, cell.Batch, scaled.Int("heldRows", 16, 0));
    }

    /// <inheritdoc />
    protected override TrainingRecipe Recipe(ParameterReader read)
    {
        var scaled = new ScaledParameters(read);
        return new TrainingRecipe
        {
            Steps = scaled.Int("steps", 400, 200_000, 1),
            EvaluateEvery = scaled.Int("evaluateEvery", 100, 4_000, 1),
            LearningRate = scaled.Number("learningRate", 2e-3, 5e-4),
            Schedule = RateSchedule.InverseRoot(scaled.Int("warmup", 50, 4_000, 1)),
            Betas = (0.9, 0.98),
            DecoupledDecay = false,
            ClipNorm = 5,
            AccumulateSteps = scaled.Int("accumulate", 1, 8, 1),
            SelectionMetric = TextMetrics.Mcd.Name,
            SelectionBetter = Better.Lower,
        };
    }

    /// <inheritdoc />
    protected override string? WhyNoData(ParameterReader read) => Tier(read) switch
    {
        DataTier.Official => DataFolder.WhyNotOfficial("LJSpeech-1.1"),
        DataTier.Standin => IsFast(read)
            ? "The stand-in recordings have no measured durations, which FastSpeech 2 needs; use backbone: transformer-tts, or data: synthetic."
            : DataFolder.WhyNotPackage(StandinPackage),
        _ => null,
    };

    private static SpeechCorpus Corpus(ParameterReader read, int seed) => Tier(read) switch
    {
        DataTier.Official => LjSpeech.Read(),
        DataTier.Standin => PocketSphinxSpeech.Read(),
        _ => SyntheticSpeech.Make(seed, TextTokens(read), 512, 64),
    };

    /// <summary>Tokens of the data; only LJSpeech's phonemes must be looked at.</summary>
    private static int Vocabulary(ParameterReader read) => Tier(read) switch
    {
        DataTier.Official => LjSpeech.Read().Vocabulary,
        DataTier.Standin => Letters.Vocabulary,
        _ => SyntheticSpeech.Vocabulary,
    };

    private static ISpeaker Build(ParameterReader read, int vocabulary)
    {
        var attention = new ScaledParameters(read).Attention();
        return IsFast(read)
            ? new FastSpeech2Speaker(new FastSpeech2(Fast(read, vocabulary), attention))
            : new TransformerTtsSpeaker(new TransformerTts(Slow(read, vocabulary), attention), Slow(read, vocabulary));
    }

    private static FastSpeech2Settings Fast(ParameterReader read, int vocabulary)
    {
        var scaled = new ScaledParameters(read);
        var paper = new FastSpeech2Settings
        {
            Vocabulary = vocabulary,
            Layers = scaled.Int("layers", 2, 4, 1),
            Width = scaled.Width(2, 256),
            Heads = read.Cell.Heads,
            MaxLength = Math.Max(TextTokens(read), 2 * Frames(read)),
            Dropout = scaled.Number("dropout", 0.1, 0.1),
        };
        return scaled.IsPaper ? paper : paper with { Inner = 2 * paper.Width, Kernel = 3, PredictorWidth = paper.Width, Bins = 64, PredictorDropout = 0.2 };
    }

    private static TransformerTtsSettings Slow(ParameterReader read, int vocabulary)
    {
        var scaled = new ScaledParameters(read);
        var paper = new TransformerTtsSettings
        {
            Vocabulary = vocabulary,
            Layers = scaled.Int("layers", 2, 6, 1),
            Width = scaled.Width(4, 512),
            Heads = read.Cell.Heads,
            MaxLength = Math.Max(TextTokens(read), 2 * Steps(read)),
            Dropout = scaled.Number("dropout", 0.1, 0.1),
        };
        return scaled.IsPaper
            ? paper
            : paper with { EncoderConvolutions = 1, PrenetWidth = paper.Width, PostnetConvolutions = 2, PostnetWidth = paper.Width, ConvolutionDropout = 0.2 };
    }

    private static bool IsFast(ParameterReader read) => read.Text("backbone") switch
    {
        FastSpeech => true,
        Transformer => false,
        var other => throw new FormatException($"Parameter 'backbone' is '{other}'; it must be {FastSpeech} or {Transformer}."),
    };

    private static int TextTokens(ParameterReader read) => new ScaledParameters(read).Int("textTokens", 16, 200, 2);

    /// <summary>Frames of the longest utterance: exact for synthetic speech, what models are sized for otherwise.</summary>
    private static int Frames(ParameterReader read) => Tier(read) == DataTier.Synthetic ? (FramesPerLetter * (TextTokens(read) - 1)) + 2 : 1000;

    private static int Steps(ParameterReader read) => (Frames(read) + 3) / 4;
}
