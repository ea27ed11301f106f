using Bench.Domain.Matrix;

namespace Bench.Attention.Sparse;

/// <summary>Attention to the first s tokens and the w newest, with every key of a block of queries masked: O(N²·D) time, O(N·D) memory.</summary>
/// <remarks>Xiao et al., "Efficient Streaming Language Models with Attention Sinks", arXiv:2309.17453, section 3.2; positions are not assigned anew inside the cache.</remarks>
[Attention("sink-window/masked", AttentionPattern.CausalSelf,
    Title = "Attention sinks and a window", Paper = "arXiv:2309.17453", Time = "O(N²·D)", Memory = "O(N·D)", State = "2·(s + w)·H·D", Reference = true)]
public sealed class MaskedSinkWindow(AttentionSettings settings, SinkWindowOptions options) : SinkWindow(settings, options, gathers: false);
