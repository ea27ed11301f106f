using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Attention.Layers;

/// <summary>
/// Queries, keys and values as the delta family makes them: projection, short convolution, SiLU; key heads repeated for grouped values.
/// </summary>
internal sealed class ConvolvedProjections
{
    private readonly AttentionSettings _settings;
    private readonly int _keyHeads;
    private readonly (Linear Project, ShortConvolution Convolve) _query;
    private readonly (Linear Project, ShortConvolution Convolve) _key;
    private readonly (Linear Project, ShortConvolution Convolve) _value;

    /// <summary>Registers the projections in the layer as <c>q_proj</c>, <c>q_conv1d</c> and so on.</summary>
    public ConvolvedProjections(nn.Module layer, long modelSize, AttentionSettings settings, int keyHeads, int kernel)
    {
        (_settings, _keyHeads) = (settings, keyHeads);
        _query = Register(layer, "q", modelSize, keyHeads * settings.HeadSize, kernel);
        _key = Register(layer, "k", modelSize, keyHeads * settings.HeadSize, kernel);
        _value = Register(layer, "v", modelSize, settings.Heads * settings.ValueSize, kernel);
    }

    /// <summary>q, k <c>[B, H, N, D]</c> and v <c>[B, H, N, E]</c>.</summary>
    public (Tensor Query, Tensor Key, Tensor Value) Of(Tensor target, Tensor source) =>
        (Heads(Apply(_query, target), _keyHeads), Heads(Apply(_key, source), _keyHeads), Heads(Apply(_value, source), _settings.Heads));

    private static Tensor Apply((Linear Project, ShortConvolution Convolve) role, Tensor x) =>
        nn.functional.silu(role.Convolve.forward(role.Project.forward(x)));

    private Tensor Heads(Tensor x, int heads)
    {
        var split = x.unflatten(2, [heads, -1]).transpose(1, 2);                      // [B, heads, N, ·]
        return heads == _settings.Heads ? split : split.repeat_interleave(_settings.Heads / heads, 1);
    }

    private static (Linear Project, ShortConvolution Convolve) Register(nn.Module layer, string name, long from, long to, int kernel)
    {
        var role = (nn.Linear(from, to, hasBias: false), new ShortConvolution(to, kernel));
        layer.register_module($"{name}_proj", role.Item1);
        layer.register_module($"{name}_conv1d", role.Item2);
        return role;
    }
}
