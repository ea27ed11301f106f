using static TorchSharp.torch;

namespace Bench.Attention.Primitives;

/// <summary>Rows of one chunk, <c>[G, L, D]</c>, and what its decays make of them; each form is made when it is first asked for.</summary>
/// <param name="rows">x, before <paramref name="scale"/>.</param>
/// <param name="scale">Factor on every row.</param>
/// <param name="decays">The decays of the chunk.</param>
internal sealed class DecayedRows(Tensor rows, double scale, Decays decays)
{
    /// <summary>x.</summary>
    public Tensor Rows => field ??= Times(null);

    /// <summary>As they meet the state before the chunk: <c>x_i ⊙ e^{G_i}</c>.</summary>
    public Tensor FromStart => field ??= Times(decays.FromStart);

    /// <summary>As they meet it before their own decay: <c>x_i ⊙ e^{G_i − g_i}</c>.</summary>
    public Tensor FromStartExclusive => field ??= Times(decays.FromStartExclusive);

    /// <summary>As if they had been written before the chunk: <c>x_i ⊙ e^{−G_i}</c>.</summary>
    public Tensor ToStart => field ??= Times(decays.ToStart);

    /// <summary>As they remain in the state after the chunk: <c>x_i ⊙ e^{G_last − G_i}</c>.</summary>
    public Tensor ToEnd => field ??= Times(decays.ToEnd);

    /// <summary>As the state after the chunk takes them in: <see cref="ToStart"/> where the state is scaled last, <see cref="ToEnd"/> otherwise.</summary>
    public Tensor Written => decays.Factored ? ToStart : ToEnd;

    private Tensor Times(Tensor? factor)
    {
        if (factor is null)
        {
            return scale == 1 ? rows : rows * scale;
        }

        if (scale == 1)
        {
            return rows * factor;
        }

        // One pass either way: the scale goes to a factor per head, or into the product.
        return decays.PerChannel ? addcmul(rows.new_zeros(1), rows, factor, scale) : rows * (factor * scale);
    }
}
