using Bench.Attention;
using Bench.Attention.Layers;
using Bench.Domain.Matrix;
using TorchSharp;
using static TorchSharp.torch;

namespace Bench.Suites.Conformance.Bindings;

/// <summary>
/// The common form of CAB's cases: <c>core</c> with q, k, v, <c>mask</c> (true = padding) and <c>attn_mask</c>, and <c>module</c> with x, key,
/// value and projections. Most CAB bindings only add their options.
/// </summary>
internal static class CabCase
{
    /// <summary>Runs a core or module case of an operator whose own parameters carry the authors' names.</summary>
    /// <param name="golden">The case.</param>
    /// <param name="implementation">Id of an operator.</param>
    /// <param name="options">Its options.</param>
    /// <param name="rename">From the authors' parameter names to ours.</param>
    /// <param name="ignoreMask">The authors' code ignores padding.</param>
    public static GoldenOutcome Run(
        GoldenCase golden,
        string implementation,
        IReadOnlyDictionary<string, string>? options = null,
        Func<string, string>? rename = null,
        bool ignoreMask = false)
    {
        var outcome = new GoldenOutcome();
        if (golden.Level == "module")
        {
            return RunModule(golden, implementation, options, rename, ignoreMask, outcome);
        }

        var attention = AttentionCatalogue.CreateOperator(implementation, golden.OperatorSettings(), options);
        attention.to(golden.Dtype);
        attention.train(golden.Flag("training"));
        outcome.LoadParameters(golden, attention, rename);
        return outcome.With("out", attention.forward(Inputs(golden, ignoreMask)));
    }

    /// <summary>q, k, v with the case's masks in our polarity and its random draws.</summary>
    public static AttentionInputs Inputs(GoldenCase golden, bool ignoreMask = false) => new(golden["q"], golden["k"], golden["v"])
    {
        KeyMask = Mask(golden, ignoreMask),
        Named = Named(golden),
    };

    private static Tensor? Mask(GoldenCase golden, bool ignore) => ignore ? null : golden.Optional("mask")?.logical_not();

    /// <summary>Random draws, and the additive mask where it says more than the pattern does.</summary>
    private static Dictionary<string, Tensor> Named(GoldenCase golden)
    {
        var named = golden.Tensors.Where(pair => pair.Key.StartsWith("random.", StringComparison.Ordinal))
            .ToDictionary(pair => pair.Key, pair => pair.Value, StringComparer.Ordinal);
        if (golden.Optional("attn_mask") is { } mask && !(golden.Pattern == AttentionPattern.CausalSelf && IsTriangle(mask)))
        {
            named["bias"] = mask;
        }

        return named;
    }

    private static bool IsTriangle(Tensor mask)
    {
        using var scope = NewDisposeScope();
        return mask.dim() == 2 && mask.isneginf().eq(ones_like(mask, ScalarType.Bool).triu(1)).all().item<bool>()
            && mask.masked_fill(mask.isneginf(), 0).abs().max().to(ScalarType.Float64).item<double>() == 0;
    }

    private static GoldenOutcome RunModule(
        GoldenCase golden,
        string implementation,
        IReadOnlyDictionary<string, string>? options,
        Func<string, string>? rename,
        bool ignoreMask,
        GoldenOutcome outcome)
    {
        var heads = golden.Int("num_heads");
        var settings = new AttentionSettings(golden.Pattern!.Value, heads, golden.Int("embed_dim") / heads)
        {
            MaxLength = (int)Math.Max(golden["x"].shape[1], golden.Optional("key")?.shape[1] ?? 0),
        };
        var attention = AttentionCatalogue.CreateOperator(implementation, settings, options);
        var layer = new ProjectedAttention(attention);
        layer.to(golden.Dtype);
        layer.train(golden.Flag("training"));
        var own = attention.named_parameters().Select(pair => pair.name).ToHashSet();
        outcome.LoadParameters(golden, layer, name =>
        {
            var renamed = rename?.Invoke(name) ?? name;
            return own.Contains(renamed) ? $"core.{renamed}" : renamed;
        });

        if (golden.Has("value"))
        {
            // Key and value are different sequences here, which a layer's context cannot say: project them one by one.
            var q = layer.Split(new LayerInputs(golden["x"]) { Context = golden["key"] });
            var v = layer.Split(new LayerInputs(golden["x"]) { Context = golden["value"] });
            var inputs = q with { Value = v.Value, KeyMask = Mask(golden, ignoreMask), Named = Named(golden) };
            outcome.With("out", layer.Merge(attention.forward(inputs)));
            Decode(golden, attention, layer, inputs, outcome);
        }
        else
        {
            var inputs = layer.Split(new LayerInputs(golden["x"]) { KeyMask = Mask(golden, ignoreMask), Named = Named(golden) });
            outcome.With("out", layer.Merge(attention.forward(inputs)));
            Decode(golden, attention, layer, inputs, outcome);
        }

        return outcome;
    }

    /// <summary>Token by token from an empty state (self) or from the prefilled source (cross).</summary>
    private static void Decode(
        GoldenCase golden, AttentionOperator attention, ProjectedAttention layer, AttentionInputs inputs, GoldenOutcome outcome)
    {
        if (!golden.Has("out_incremental") || !attention.Decodes)
        {
            return;
        }

        using var nograd = no_grad();
        var steps = new List<Tensor>();
        AttentionState? state = null;
        for (long i = 0; i < inputs.Query.shape[2]; i++)
        {
            var query = inputs.Query.narrow(2, i, 1);
            if (attention.Settings.Pattern.IsCross)
            {
                var token = inputs with { Query = query };
                state ??= attention.Prefill(token).State;
                steps.Add(attention.Step(token, state));
            }
            else
            {
                var token = inputs with { Query = query, Key = inputs.Key.narrow(2, i, 1), Value = inputs.Value.narrow(2, i, 1) };
                if (state is null)
                {
                    (var first, state) = attention.Prefill(token);
                    steps.Add(first);
                }
                else
                {
                    steps.Add(attention.Step(token, state));
                }
            }
        }

        outcome.With("out_incremental", layer.Merge(cat(steps, 2)));
        foreach (var (recorded, ours) in new[] { ("state.prev_key", "k"), ("state.prev_value", "v") })
        {
            if (state is KeyValueState && golden.Has(recorded) && state.Tensors.TryGetValue(ours, out var kept))
            {
                outcome.With(recorded, kept.clone());
            }
        }

        state?.Dispose();
    }
}
