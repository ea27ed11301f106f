using Bench.Domain.Matrix;
using Bench.Domain.Results;

namespace Bench.Domain.Analysis;

/// <summary>One metric column of a compositional index with its frozen normaliser.</summary>
/// <param name="Pattern">Board it belongs to.</param>
/// <param name="Group">Task of the index; a group's columns are averaged before groups are.</param>
/// <param name="Task">Task or data set as results name it.</param>
/// <param name="Backbone">Model around the attention.</param>
/// <param name="Metric">Metric as results name it.</param>
/// <param name="Better">Which way it improves; lower flips the sign.</param>
/// <param name="Mean">Mean over the mechanisms that the normaliser was frozen on.</param>
/// <param name="Deviation">Their sample standard deviation.</param>
public sealed record CompositionalColumn(
    AttentionPattern Pattern, string Group, string Task, string Backbone, string Metric, Better Better, double Mean, double Deviation)
{
    /// <summary>(value − mean) / deviation, so that larger is better.</summary>
    public double Normalise(double value) => (Better == Better.Higher ? 1 : -1) * (value - Mean) / Deviation;
}

/// <summary>A versioned set of normalisers. Indices made with different versions must never share a column.</summary>
/// <param name="Version">Name of the set, such as <c>cab/2023-07</c>.</param>
/// <param name="Columns">Columns in the order of the input file.</param>
public sealed record CompositionalConstants(string Version, IReadOnlyList<CompositionalColumn> Columns)
{
    /// <summary>
    /// CAB's constants: Shark-NLP/CAB, scripts/compositional_index/compositional_index.py at 0e496969 (arXiv:2210.07661). They are frozen
    /// over
    /// the mechanisms of November 2022 with vanilla, without FlashAttention, and for causal-self without S4D. Weather stands before ECL:
    /// the
    /// script's help text says otherwise, but only this order reproduces the leaderboards. The mean of noncausal-self ROUGE-L is the
    /// script's 31.96889, although the table averages 31.95889.
    /// </summary>
    public static CompositionalConstants Cab { get; } = new("cab/2023-07",
    [
        new(AttentionPattern.NoncausalSelf, "TTS", "TTS", "FastSpeech 2", "MCD", Better.Lower, 3.4245, 0.06832),
        new(AttentionPattern.NoncausalSelf, "TTS", "TTS", "FastSpeech 2", "MSD", Better.Lower, 1.97429, 0.0361768),
        new(AttentionPattern.NoncausalSelf, "TTS", "TTS", "Transformer-TTS", "MCD", Better.Lower, 4.06947, 0.09422),
        new(AttentionPattern.NoncausalSelf, "TTS", "TTS", "Transformer-TTS", "MSD", Better.Lower, 2.19021, 0.03866),
        new(AttentionPattern.NoncausalSelf, "Sum", "Sum", "Transformer", "ROUGE-1", Better.Higher, 34.88667, 1.39697),
        new(AttentionPattern.NoncausalSelf, "Sum", "Sum", "Transformer", "ROUGE-2", Better.Higher, 6.79333, 1.41078),
        new(AttentionPattern.NoncausalSelf, "Sum", "Sum", "Transformer", "ROUGE-L", Better.Higher, 31.96889, 1.31499),
        new(AttentionPattern.NoncausalSelf, "SR", "SR", "SR3", "PSNR", Better.Higher, 23.208, 0.27499),
        new(AttentionPattern.NoncausalSelf, "SR", "SR", "SR3", "SSIM", Better.Higher, 0.6758, 0.01557),
        new(AttentionPattern.NoncausalSelf, "MLM", "MLM", "RoBERTa-base", "PPL", Better.Lower, 36.292, 62.30827),
        new(AttentionPattern.CausalSelf, "TTS", "TTS", "Transformer-TTS", "MCD", Better.Lower, 4.08325, 0.04529),
        new(AttentionPattern.CausalSelf, "TTS", "TTS", "Transformer-TTS", "MSD", Better.Lower, 2.20085, 0.01372),
        new(AttentionPattern.CausalSelf, "Sum", "Sum", "Transformer", "ROUGE-1", Better.Higher, 32.9575, 1.92754),
        new(AttentionPattern.CausalSelf, "Sum", "Sum", "Transformer", "ROUGE-2", Better.Higher, 6.0925, 0.41007),
        new(AttentionPattern.CausalSelf, "Sum", "Sum", "Transformer", "ROUGE-L", Better.Higher, 30.2575, 1.61951),
        new(AttentionPattern.CausalSelf, "LM", "LM", "GPT-2", "PPL", Better.Lower, 22.26, 8.29944),
        new(AttentionPattern.NoncausalCross, "PCC", "PCC", "PoinTr", "CD-L1 x1000", Better.Lower, 7.7025, 0.64789),
        new(AttentionPattern.NoncausalCross, "PCC", "PCC", "PoinTr", "CD-L2 x1000", Better.Lower, 0.24775, 0.03366),
        new(AttentionPattern.NoncausalCross, "PCC", "PCC", "PoinTr", "F-Score", Better.Higher, 0.7625, 0.03906),
        new(AttentionPattern.NoncausalCross, "LSTF", "LSTF-ETT", "Informer", "MSE", Better.Lower, 1.18933, 0.05615),
        new(AttentionPattern.NoncausalCross, "LSTF", "LSTF-ETT", "Informer", "MAE", Better.Lower, 0.80625, 0.02193),
        new(AttentionPattern.NoncausalCross, "LSTF", "LSTF-Weather", "Informer", "MSE", Better.Lower, 0.47575, 0.01057),
        new(AttentionPattern.NoncausalCross, "LSTF", "LSTF-Weather", "Informer", "MAE", Better.Lower, 0.511, 0.00601),
        new(AttentionPattern.NoncausalCross, "LSTF", "LSTF-ECL", "Informer", "MSE", Better.Lower, 0.62025, 0.18948),
        new(AttentionPattern.NoncausalCross, "LSTF", "LSTF-ECL", "Informer", "MAE", Better.Lower, 0.58075, 0.10312),
        new(AttentionPattern.CausalCross, "TTS", "TTS", "Transformer-TTS", "MCD", Better.Lower, 5.5037, 1.29239),
        new(AttentionPattern.CausalCross, "TTS", "TTS", "Transformer-TTS", "MSD", Better.Lower, 2.6278, 0.42726),
        new(AttentionPattern.CausalCross, "Sum", "Sum", "Transformer", "ROUGE-1", Better.Higher, 31.35, 3.77103),
        new(AttentionPattern.CausalCross, "Sum", "Sum", "Transformer", "ROUGE-2", Better.Higher, 5.26, 1.26028),
        new(AttentionPattern.CausalCross, "Sum", "Sum", "Transformer", "ROUGE-L", Better.Higher, 28.8, 3.28638),
    ]);

    /// <summary>Columns of one board in input order.</summary>
    public IEnumerable<CompositionalColumn> Of(AttentionPattern pattern) => Columns.Where(column => column.Pattern == pattern);
}
