using System.ComponentModel.DataAnnotations;
using Bench.Domain.Matrix;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Attention.Hybrid;

/// <summary>Options of a hybrid.</summary>
public sealed record HybridOptions
{
    /// <summary>Which layers, as <see cref="LayerLayout"/> reads it, or the name of a published layout.</summary>
    public string Layout { get; set; } = "lightning-attention:3,softmax:1";

    /// <summary>Where the kinds go.</summary>
    public LayerPlacement Placement { get; set; }

    /// <summary>Layers of the stack that stands for a single layer; 0 means one period of the layout.</summary>
    [Range(0, LayerLayout.MostLayers)]
    public int Depth { get; set; }
}

/// <summary>
/// Layers of several kinds by a layout. In a model of several attention layers each of them is the one that the layout has at its place; where the
/// model has only one, it is a whole stack, <c>x ← x + layer(LayerNorm(x))</c> layer after layer, of which what was added to x is returned.
/// </summary>
/// <remarks>
/// MiniMax-01, arXiv:2501.08313, section 2 (7 lightning to 1 softmax); Wang et al., "A Systematic Analysis of Hybrid Linear Attention",
/// arXiv:2507.06457 (ratios 3:1 to 6:1); Waleffe et al., arXiv:2406.07887 (43 % Mamba-2, 7 % attention, 50 % feed-forward).
/// </remarks>
[Attention(Mechanism + "/layers", AttentionPattern.CausalSelf, Extensions = [AttentionPattern.NoncausalSelf],
    Title = "Hybrid layers", Paper = "arXiv:2501.08313", Time = "O(sum over layers)", Memory = "O(largest layer)", State = "sum over layers", Reference = true)]
public sealed class HybridLayers : AttentionLayer
{
    /// <summary>Name of the mechanism.</summary>
    public const string Mechanism = "hybrid";

    private readonly List<(LayerNorm? Norm, AttentionLayer Layer)> _layers = [];

    /// <summary>Builds the layer at its place, or the stack.</summary>
    /// <exception cref="ArgumentException">The layout is wrong, the model is too shallow for it, or a layer does not support the pattern.</exception>
    public HybridLayers(AttentionSettings settings, HybridOptions options)
        : base(settings)
    {
        var layout = LayerLayout.Parse(options.Layout);
        var isStack = settings.Depth == 1;
        var depth = !isStack ? settings.Depth : options.Depth > 0 ? options.Depth : layout.Period;
        var ids = layout.Expand(depth, options.Placement);
        for (var i = isStack ? 0 : settings.Layer; i < (isStack ? depth : settings.Layer + 1); i++)
        {
            var own = settings with { Layer = i, Depth = depth };
            var layer = ids[i] == LayerLayout.FeedForward ? new FeedForwardLayer(own) : AttentionCatalogue.CreateLayer(ids[i], own);
            var norm = isStack ? nn.LayerNorm(settings.ModelSize) : null;
            _layers.Add((norm, layer));
            register_module($"layer{i}", layer);
            if (norm is not null)
            {
                nn.init.ones_(norm.weight!);
                nn.init.zeros_(norm.bias!);
                register_module($"norm{i}", norm);
            }
        }
    }

    /// <summary>The layers, the first first.</summary>
    public IEnumerable<AttentionLayer> Layers => _layers.Select(each => each.Layer);

    /// <inheritdoc />
    public override bool Decodes => _layers.TrueForAll(each => each.Layer.Decodes);

    /// <inheritdoc />
    public override Tensor forward(LayerInputs inputs) => Through(inputs, (layer, _, own) => layer.forward(own));

    /// <inheritdoc />
    public override (Tensor Output, AttentionState State) Prefill(LayerInputs inputs)
    {
        if (!Decodes)
        {
            throw NoDecode();
        }

        var states = new List<AttentionState>();
        var output = Through(inputs, (layer, _, own) =>
        {
            var (given, state) = layer.Prefill(own);
            states.Add(state);
            return given;
        });
        return (output, new HybridState(states) { Position = inputs.Hidden.shape[1] });
    }

    /// <inheritdoc />
    public override Tensor Step(LayerInputs token, AttentionState state)
    {
        if (!Decodes)
        {
            throw NoDecode();
        }

        var kept = (HybridState)state;
        kept.Position++;
        return Through(token, (layer, index, own) => layer.Step(own, kept.Layers[index]));
    }

    /// <inheritdoc />
    public override long StateSize(AttentionShape shape) => Decodes ? _layers.Sum(each => each.Layer.StateSize(shape)) : 0;

    /// <inheritdoc />
    public override string? WhyNot(AttentionShape shape) => _layers.Select(each => each.Layer.WhyNot(shape)).FirstOrDefault(reason => reason is not null);

    /// <inheritdoc />
    /// <remarks>The layers' sums; at the peak one layer works beside the stream.</remarks>
    public override AttentionCost Cost(AttentionShape shape)
    {
        var costs = _layers.Select(each => each.Layer.Cost(shape)).ToList();
        return new AttentionCost(
            costs.Sum(cost => cost.Flops), costs.Sum(cost => cost.Elements),
            costs.Max(cost => cost.ActivationElements) + (2.0 * shape.Batch * shape.Length * Settings.ModelSize));
    }

    /// <summary>Runs the stack and returns what it adds to its input; a layer alone gives its own output.</summary>
    private Tensor Through(LayerInputs inputs, Func<AttentionLayer, int, LayerInputs, Tensor> run)
    {
        using var scope = NewDisposeScope();
        Tensor? added = null;                                                         // [B, N, C]
        for (var i = 0; i < _layers.Count; i++)
        {
            var (norm, layer) = _layers[i];
            var stream = added is null ? inputs.Hidden : inputs.Hidden + added;
            var given = run(layer, i, inputs with { Hidden = norm?.forward(stream) ?? stream });
            added = added is null ? given : added + given;
        }

        return added!.MoveToOuterDisposeScope();
    }
}
