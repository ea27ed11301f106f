using Bench.Domain.Matrix;
using Bench.Suites.Cab.Speech;
using Bench.Suites.Cab.Text;
using Bench.Suites.Harness;
using Bench.Suites.Training;

namespace Bench.Suites.Tests.Cab;

/// <summary>Each task end to end on generated data: it learns within seconds, reports every metric, and refuses what it cannot do.</summary>
public sealed class TextTaskTests
{
    private static readonly Cell LanguageModel = Cell("cab/language-modelling", AttentionPattern.CausalSelf, 32) with
    {
        Parameters = new(StringComparer.Ordinal) { ["data"] = "synthetic", ["steps"] = "40", ["warmup"] = "5", ["heldTokens"] = "2000", ["contexts"] = "64", ["layers"] = "1", ["learningRate"] = "0.01" },
    };

    private static readonly Cell Masked = Cell("cab/masked-language-modelling", AttentionPattern.NoncausalSelf, 32) with
    {
        Parameters = new(StringComparer.Ordinal) { ["data"] = "synthetic", ["steps"] = "60", ["warmup"] = "5", ["heldTokens"] = "4000", ["layers"] = "1", ["learningRate"] = "0.01" },
    };

    private static readonly Cell Summary = Cell("cab/summarisation", AttentionPattern.CausalCross, 12) with
    {
        SourceLength = 32,
        Parameters = new(StringComparer.Ordinal)
        {
            ["steps"] = "200",
            ["warmup"] = "20",
            ["evaluateEvery"] = "200",
            ["heldRows"] = "16",
            ["layers"] = "1",
            ["sentences"] = "3",
            ["documentTokens"] = "32",
            ["summaryTokens"] = "12",
            ["learningRate"] = "0.005",
        },
    };

    private static readonly Cell Speech = Cell("cab/text-to-speech", AttentionPattern.NoncausalSelf, 32) with
    {
        Parameters = new(StringComparer.Ordinal) { ["steps"] = "60", ["warmup"] = "10", ["evaluateEvery"] = "60", ["heldRows"] = "3", ["layers"] = "1", ["textTokens"] = "6" },
    };

    [Fact]
    public void A_language_model_beats_token_frequencies_and_reads_other_contexts()
    {
        var found = Run(new LanguageModellingTask(), LanguageModel);

        Assert.True(found["perplexity"] < 0.9 * found["baseline.perplexity"], $"{found["perplexity"]} and {found["baseline.perplexity"]}");
        Assert.InRange(found["perplexity.n64"], 1, 100);
    }

    [Fact]
    public void A_masked_model_beats_token_frequencies()
    {
        // Local attention finds the neighbours by itself, which softmax must learn to do first.
        var found = Run(new MaskedLanguageModellingTask(), Masked with
        {
            Implementation = "local/blocked",
            Options = new(StringComparer.Ordinal) { ["window"] = "2" },
            Parameters = new(Masked.Parameters, StringComparer.Ordinal) { ["steps"] = "250", ["evaluateEvery"] = "250" },
        });

        Assert.True(found["perplexity"] < 0.97 * found["baseline.perplexity"], $"{found["perplexity"]} and {found["baseline.perplexity"]}");
    }

    [Fact]
    public void A_summariser_beats_the_documents_first_words()
    {
        var found = Run(new SummarisationTask(), Summary);

        Assert.True(found["rouge1"] > found["baseline.rouge1"], $"{found["rouge1"]} and {found["baseline.rouge1"]}");
        Assert.InRange(found["rouge2"], 0, 100);
        Assert.InRange(found["rougeL"], 0, 100);
        Assert.InRange(found["perplexity"], 1, 40);
    }

    [Fact]
    public void Fastspeech2_is_nearer_to_the_recording_than_the_mean_frame()
    {
        var found = Run(new TextToSpeechTask(), Speech);

        Assert.True(found["mcd"] < found["baseline.mcd"], $"{found["mcd"]} and {found["baseline.mcd"]}");
        Assert.True(found["msd"] > 0);
    }

    [Fact]
    public void Transformer_tts_runs_in_every_pattern()
    {
        foreach (var (pattern, length) in new[] { (AttentionPattern.NoncausalSelf, 6), (AttentionPattern.CausalSelf, 8), (AttentionPattern.CausalCross, 8) })
        {
            var cell = Speech with
            {
                Implementation = pattern == AttentionPattern.CausalSelf ? "linear-attention/parallel" : "abc/recurrent",
                Pattern = pattern,
                Length = length,
                SourceLength = pattern.IsCross ? 6 : null,
                Parameters = new(Speech.Parameters, StringComparer.Ordinal) { ["backbone"] = "transformer-tts", ["steps"] = "2", ["heldRows"] = "1" },
            };

            Assert.True(double.IsFinite(Run(new TextToSpeechTask(), cell)["mcd"]));
        }
    }

    [Fact]
    public void The_same_seed_gives_the_same_figures()
    {
        var cell = Masked with { Parameters = new(Masked.Parameters, StringComparer.Ordinal) { ["steps"] = "5", ["dropout"] = "0.1" } };

        Assert.Equal(Run(new MaskedLanguageModellingTask(), cell)["perplexity"], Run(new MaskedLanguageModellingTask(), cell)["perplexity"]);
    }

    [Fact]
    public void Cells_that_cannot_run_say_why()
    {
        static Cell With(Cell cell, string name, string value) => cell with { Parameters = new(cell.Parameters, StringComparer.Ordinal) { [name] = value } };

        Assert.Null(new SummarisationTask().WhyNot(Summary));
        Assert.Contains("has the length 12 and the source length 32", new SummarisationTask().WhyNot(Summary with { Length = 13 }), StringComparison.Ordinal);
        Assert.Contains("noncausal-cross", new SummarisationTask().WhyNot(Summary with { Pattern = AttentionPattern.NoncausalCross }), StringComparison.Ordinal);
        Assert.Contains("8 heads of 64", new SummarisationTask().WhyNot(With(Summary, "scale", "paper")), StringComparison.Ordinal);
        Assert.Contains("'attention'", new MaskedLanguageModellingTask().WhyNot(With(Masked, "attention", "some")), StringComparison.Ordinal);
        Assert.Contains("leaves noncausal self attention out", new MaskedLanguageModellingTask().WhyNot(
            With(Masked with { Implementation = "linear-attention/parallel" }, "attention", "none")), StringComparison.Ordinal);
        Assert.Null(new MaskedLanguageModellingTask().WhyNot(With(Masked, "attention", "none")));
        Assert.Contains("durations", new TextToSpeechTask().WhyNot(With(Speech, "data", "standin") with { Length = 1000 }), StringComparison.Ordinal);
        Assert.Contains("it must be", new LanguageModellingTask().WhyNot(With(LanguageModel, "tokenizer", "words")), StringComparison.Ordinal);
    }

    [Fact]
    public void The_published_recipes_can_be_planned()
    {
        foreach (var (task, cell) in new (BenchTask, Cell)[]
        {
            (new LanguageModellingTask(), Cell("cab/language-modelling", AttentionPattern.CausalSelf, 8192) with { Heads = 12, HeadSize = 64 }),
            (new MaskedLanguageModellingTask(), Cell("cab/masked-language-modelling", AttentionPattern.NoncausalSelf, 2048) with { Heads = 12, HeadSize = 64 }),
            (new SummarisationTask(), Cell("cab/summarisation", AttentionPattern.CausalCross, 400) with { SourceLength = 4096, Heads = 8, HeadSize = 64 }),
            (new TextToSpeechTask(), Cell("cab/text-to-speech", AttentionPattern.NoncausalSelf, 1000) with { Heads = 2, HeadSize = 128 }),
        })
        {
            var paper = cell with { Parameters = new(StringComparer.Ordinal) { ["scale"] = "paper", ["data"] = "official" } };

            // Only the data keep it from running, which no test machine has.
            Assert.Contains("official", task.WhyNot(paper), StringComparison.Ordinal);
            Assert.InRange(task.EstimateSeconds(paper, new Budget()), 1, 86_400);
        }
    }

    private static Cell Cell(string task, AttentionPattern pattern, int length) => new()
    {
        Task = task,
        Implementation = "softmax/sdpa",
        Pattern = pattern,
        Length = length,
        Batch = 8,
        Heads = 2,
        HeadSize = 16,
    };

    private static Dictionary<string, double> Run(BenchTask task, Cell cell)
    {
        Assert.Null(task.WhyNot(cell));
        var result = task.Run(task.Parts(cell, new Budget())[0], new CellContext(cell, 1, new Budget(), _ => { }));
        Assert.All(result.Metrics, metric => Assert.Contains(task.Entry.Metrics, known => known.Name == metric.Name));
        Assert.True(result.Facts["parameterRatio"] is > 0.5 and < 2);
        Assert.True(result.Facts["gainHalfWidth"] >= 0);
        Assert.Equal(2, result.Facts[LearningTask<TextBatch>.DataTierFact]);
        return result.Metrics.ToDictionary(metric => metric.Name, metric => metric.Samples[0]);
    }
}
