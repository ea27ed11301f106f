using Bench.Domain.Matrix;
using Bench.Domain.Results;
using static TorchSharp.torch;

namespace Bench.Suites.Training;

/// <summary>Describes the attention maps of a trained model on some of its test rows.</summary>
public static class AttentionExamination
{
    private const int MostRows = 32;
    private const double SmallestDifference = 0.01;

    /// <summary>Diagnostics of every layer that has a map, by the keys of <see cref="AttentionDiagnostic"/>.</summary>
    /// <param name="model">The model, in evaluation mode.</param>
    /// <param name="rows">Rows to look at.</param>
    /// <param name="seed">Seed of the draws of random mechanisms.</param>
    public static SortedDictionary<string, double> Of(TokenModel model, IRowSource rows, long seed)
    {
        using var scope = NewDisposeScope();
        using var nograd = no_grad();
        using var batch = new BatchTensors(rows.Make(0, MostRows));
        var found = new SortedDictionary<string, double>(StringComparer.Ordinal);
        model.Watch(batch.Inputs, batch.Source, (mixer, layer, inputs) =>
        {
            if (layer.Core(inputs) is { } core && AttentionMap.Of(core.Operator, core.Inputs, seed) is { } map)
            {
                foreach (var (diagnostic, value) in Of(map, core.Inputs.Query, core.Inputs.Value, layer.Settings.Pattern).Where(pair => double.IsFinite(pair.Value)))
                {
                    found[diagnostic.Key(mixer + 1)] = value;
                }
            }
        });
        return found;
    }

    /// <summary>Diagnostics of one map.</summary>
    /// <param name="map">Weights <c>[B, H, N, M]</c>, rows summing to 1.</param>
    /// <param name="query">Queries <c>[B, H, N, D]</c>.</param>
    /// <param name="value">Values <c>[B, Hk, M, Dv]</c>.</param>
    /// <param name="pattern">Which keys a query may read.</param>
    public static IReadOnlyList<(AttentionDiagnostic Diagnostic, double Value)> Of(Tensor map, Tensor query, Tensor value, AttentionPattern pattern)
    {
        using var scope = NewDisposeScope();
        using var nograd = no_grad();
        var (sink, place) = Sink(map, pattern);                                                  // [H], [H]
        var norms = value.norm(-1).mean([0, 1]);                                                 // [M]
        var atSink = norms.index_select(0, place) / norms.mean().clamp(min: 1e-12);              // [H]
        var found = new List<(AttentionDiagnostic, double)>
        {
            (AttentionDiagnostic.Entropy, Entropy(map).mean().item<float>()),
            (AttentionDiagnostic.SinkMass, sink.mean().item<float>()),
            (AttentionDiagnostic.SinkValueNorm, atSink.mean().item<float>()),
            (AttentionDiagnostic.DormantHeads, sink.gt(0.5).logical_and(atSink.lt(1)).to(ScalarType.Float32).mean().item<float>()),
        };
        if (map.shape[1] > 1)
        {
            found.Add((AttentionDiagnostic.HeadDivergence, HeadDivergence(map)));
        }

        if (!pattern.IsCross)
        {
            var position = arange(map.shape[2], dtype: map.dtype, device: map.device);
            var distance = (position.unsqueeze(1) - position.unsqueeze(0)).abs();                // [N, N]
            found.Add((AttentionDiagnostic.Span, (map * distance).sum(-1).mean().item<float>()));
        }

        if (Injectivity(map, query, pattern) is { } injectivity)
        {
            found.Add((AttentionDiagnostic.Injectivity, injectivity));
        }

        return found;
    }

    /// <summary>Entropy of each row, in nats: <c>[B, H, N]</c>.</summary>
    private static Tensor Entropy(Tensor map) => -(map * map.clamp(min: 1e-30).log()).sum(-1);

    /// <summary>The most attended place of each head and the mean attention it receives, both <c>[H]</c>.</summary>
    private static (Tensor Mass, Tensor Place) Sink(Tensor map, AttentionPattern pattern)
    {
        var (queries, keys) = (map.shape[2], map.shape[3]);
        var received = map.mean([0]).sum(1);                                                     // [H, M]
        if (pattern == AttentionPattern.CausalSelf)
        {
            // A key that few queries may see is no sink because those few read themselves.
            var seeing = queries - arange(keys, dtype: map.dtype, device: map.device);           // [M]
            received = (received / seeing).masked_fill(seeing.lt(queries / 4.0), 0);
        }
        else
        {
            received = received / queries;
        }

        var (mass, place) = received.max(-1);
        return (mass, place);
    }

    private static double HeadDivergence(Tensor map)
    {
        double sum = 0;
        var (heads, pairs) = (map.shape[1], 0);
        for (long i = 0; i < heads; i++)
        {
            for (var j = i + 1; j < heads; j++, pairs++)
            {
                var (one, other) = (map.select(1, i), map.select(1, j));                         // [B, N, M]
                sum += (Entropy((one + other) / 2) - ((Entropy(one) + Entropy(other)) / 2)).mean().item<float>();
            }
        }

        return sum / pairs;
    }

    /// <summary>Looks at the later half of the queries, over keys that all of them may see; null when no two of them differ.</summary>
    private static double? Injectivity(Tensor map, Tensor query, AttentionPattern pattern)
    {
        var queries = map.shape[2];
        var (first, count) = (queries / 2, queries - (queries / 2));
        var keys = pattern == AttentionPattern.CausalSelf ? Math.Max(1, first) : map.shape[3];
        var seen = map.narrow(2, first, count).narrow(3, 0, keys);                               // [B, H, R, K]
        var mass = seen.sum(-1, keepdim: true);                                                  // [B, H, R, 1]
        var reads = mass.gt(1e-6);
        var rows = seen / mass.clamp(min: 1e-6);
        var asked = query.narrow(2, first, count);                                               // [B, H, R, D]
        var different = Distance(asked, 2).gt(SmallestDifference * asked.norm(-1).mean())
            .logical_and(reads).logical_and(reads.transpose(-2, -1));                            // [B, H, R, R]
        var pairs = different.sum().item<long>();
        return pairs == 0
            ? null
            : (double)(Distance(rows, 1) / 2).ge(SmallestDifference).logical_and(different).sum().item<long>() / pairs;
    }

    /// <summary>Distances between all pairs of rows: <c>[B, H, R, R]</c>. One row at a time: torch's own form fails from 26 rows on.</summary>
    private static Tensor Distance(Tensor rows, double power) =>
        stack([.. Enumerable.Range(0, (int)rows.shape[2]).Select(i => (rows - rows.narrow(2, i, 1)).norm(-1, false, (float)power))], -1);
}
