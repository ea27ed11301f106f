using Bench.Domain.Matrix;

namespace Bench.Attention.Sparse;

/// <summary>Attention to the first s tokens and the w newest, with only the visible keys of a block of queries gathered: O(N·(s + w)·D) time, O(N·D) memory.</summary>
/// <remarks>Xiao et al., "Efficient Streaming Language Models with Attention Sinks", arXiv:2309.17453, section 3.2; positions are not assigned anew inside the cache.</remarks>
[Attention("sink-window/gathered", AttentionPattern.CausalSelf,
    Title = "Attention sinks and a window", Paper = "arXiv:2309.17453", Time = "O(N·(s + w)·D)", Memory = "O(N·D)", State = "2·(s + w)·H·D")]
public sealed class GatheredSinkWindow(AttentionSettings settings, SinkWindowOptions options) : SinkWindow(settings, options, gathers: true);
