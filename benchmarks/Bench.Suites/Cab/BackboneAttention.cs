using Bench.Attention;
using Bench.Domain.Matrix;

namespace Bench.Suites.Cab;

/// <summary>
/// Which attention stands where in a backbone: the cell's implementation at the places of the cell's pattern, fused softmax at all others, as CAB
/// compares mechanisms. Optionally nothing at noncausal self places, for CAB's study of the benefit of attention.
/// </summary>
/// <param name="Implementation">Implementation id of the cell.</param>
/// <param name="Pattern">Pattern of the cell.</param>
/// <param name="Options">Options of the implementation that differ from their defaults.</param>
public sealed record BackboneAttention(string Implementation, AttentionPattern Pattern, IReadOnlyDictionary<string, string>? Options = null)
{
    /// <summary>What stands at every other place.</summary>
    public const string Elsewhere = "softmax/sdpa";

    /// <summary>Whether noncausal self attention is left out altogether.</summary>
    public bool WithoutSelfAttention { get; init; }

    /// <summary>Whether the modules only answer questions and never run.</summary>
    public bool OnlyAsked { get; init; }

    /// <summary>The same backbone with softmax attention everywhere.</summary>
    public BackboneAttention Softmax => this with { Implementation = Elsewhere, Options = null, WithoutSelfAttention = false };

    /// <summary>The attention of one place; null where it is left out.</summary>
    /// <param name="place">Pattern of the place.</param>
    /// <param name="settings">Sizes of the place; its pattern is set here.</param>
    /// <exception cref="ArgumentException">The implementation cannot be built so; the message says why.</exception>
    public AttentionLayer? Build(AttentionPattern place, AttentionSettings settings)
    {
        if (WithoutSelfAttention && place == AttentionPattern.NoncausalSelf)
        {
            return null;
        }

        var sized = settings with { Pattern = place, OnlyAsked = OnlyAsked };
        return place == Pattern
            ? AttentionCatalogue.CreateLayer(Implementation, sized, Options)
            : AttentionCatalogue.CreateLayer(Elsewhere, sized);
    }
}
