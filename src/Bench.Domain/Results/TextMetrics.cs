namespace Bench.Domain.Results;

/// <summary>Metrics of tasks on text and speech, beside those of <see cref="Metric"/>.</summary>
public static class TextMetrics
{
    /// <summary>How uncertain a language model is about the next, or the masked, token.</summary>
    public static Metric Perplexity { get; } = new(
        "perplexity", "1", Better.Lower, "Perplexity",
        "e to the mean negative log-likelihood of the predicted tokens: the number of equally likely tokens that would be as uncertain.");

    /// <summary>Perplexity with another context length than the trained one.</summary>
    public static Metric PerplexityAt(int length) => Perplexity with
    {
        Name = $"{Perplexity.Name}.n{length}",
        Title = $"Perplexity at {length}",
        Description = "Perplexity on the same text, cut into windows of this many tokens; shorter or longer than in training.",
    };

    /// <summary>Shared words.</summary>
    public static Metric Rouge1 { get; } = new(
        "rouge1", "%", Better.Higher, "ROUGE-1", "Mean F value of shared distinct words with the reference summary, times 100; no stemming.");

    /// <summary>Shared pairs of words.</summary>
    public static Metric Rouge2 { get; } = new(
        "rouge2", "%", Better.Higher, "ROUGE-2", "Mean F value of shared distinct word pairs with the reference summary, times 100; no stemming.");

    /// <summary>Shared subsequences.</summary>
    public static Metric RougeL { get; } = new(
        "rougeL", "%", Better.Higher, "ROUGE-L", "Mean F value of the union of longest common subsequences, times 100; no stemming.");

    /// <summary>Mel-cepstral distortion.</summary>
    public static Metric Mcd { get; } = new(
        "mcd", "1", Better.Lower, "MCD",
        "Mel-cepstral distortion: 13 coefficients, dynamic time warping, summed over utterances and divided by synthesised frames.");

    /// <summary>Mel-spectral distortion.</summary>
    public static Metric Msd { get; } = new(
        "msd", "1", Better.Lower, "MSD",
        "Mel-spectral distortion: 80 log-mel bands, dynamic time warping, summed over utterances and divided by synthesised frames.");

    /// <summary>
    /// What a method without a model reaches on the same test data, such as <c>baseline.perplexity</c>: a trained model has learned something only if
    /// it is better.
    /// </summary>
    /// <param name="metric">The metric.</param>
    /// <param name="method">The method, as in "a model of word frequencies".</param>
    public static Metric Baseline(Metric metric, string method) => metric with
    {
        Name = $"baseline.{metric.Name}",
        Title = $"{metric.Title} without a model",
        Description = $"{metric.Title} that {method} reaches on the same test data.",
    };
}
