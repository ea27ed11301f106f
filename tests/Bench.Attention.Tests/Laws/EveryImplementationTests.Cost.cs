using Bench.Domain.Matrix;
using TorchSharp;
using static TorchSharp.torch;

namespace Bench.Attention.Tests.Laws;

public sealed partial class EveryImplementationTests
{
    private const double CostTolerance = 0.05;

    /// <summary>Mechanisms that weigh one value for each visible pair, and the numbers each pair costs beside 2·D of its logit and 2·Dv of its sum.</summary>
    private static readonly HashSet<string> Pairwise =
    [
        "alibi", "bigbird", "local", "local-stride", "longformer", "ls-attention", "moa", "moba", "recycled", "relu", "s2-attention", "sigmoid", "sink-window",
        "softmax", "softmax-off-by-one", "sparse-transformer", "squared-relu",
    ];

    /// <summary>
    /// Recurrences and how many operations a token costs for each number of the state, from their definitions: 2 to write kᵀv, 2 to read q S, 1 to
    /// decay, 2 to read what the delta rule replaces, 4 for a low-rank correction.
    /// </summary>
    private static readonly Dictionary<string, double> PerStateNumber = new()
    {
        ["based-taylor"] = 4,
        ["deltanet"] = 6,
        ["dplr-delta-rule"] = 9,
        ["gated-deltanet"] = 7,
        ["gla"] = 5,
        ["hedgehog"] = 4,
        ["hgrn2"] = 5,
        ["kimi-delta-attention"] = 7,
        ["lightning-attention"] = 5,
        ["linear-attention"] = 4,
        ["mamba2-ssd"] = 5,
        ["rebased"] = 4,
        ["retention"] = 5,
        ["rwkv6"] = 5,
        ["rwkv7"] = 9,
        ["simple-gla"] = 5,
    };

    private static readonly Dictionary<string, string> SlotOptions = new()
    {
        ["landmarks"] = "8",
        ["rank"] = "8",
        ["features"] = "24",
        ["convKernel"] = "0",
    };

    /// <summary>
    /// Mechanisms that go through slots or features, product by product as they are defined, for one head of N queries and M keys with 8 slots, 24
    /// features, D of queries and keys and E of values. A softmax costs 5 an entry.
    /// </summary>
    private static readonly Dictionary<string, Func<double, double, double, double, double>> ByProducts = new()
    {
        // Gates of both memories, the memories, attention over them.
        ["abc"] = (n, m, d, e) => Product(m, d, 8) + Product(m, e, 8) + (2 * 5 * m * 8) + Product(8, m, d) + Product(8, m, e) + Attention(n, 8, d, e),
        // Gates, the one logit of a token with itself, which every slot's gate scales (1), softmax (5), weights times gates (2), the scaled value.
        ["abc-cab"] = (n, m, d, e) => Product(m, d, 8) + Product(m, e, 8) + (2 * 5 * m * 8) + (2 * n * d) + (8 * n * 8) + (n * e),
        // Keys and values doubled by sine and cosine; sums of kᵀv and of k; both read, one division.
        ["cosformer"] = (n, m, d, e) =>
            (3 * (n + m) * d) + Product(2 * d, m, e) + (m * 2 * d) + Product(n, 2 * d, e) + Product(n, 2 * d, 1) + (n * e),
        // Three products of queries or keys with the landmarks, two of landmarks with values, means, exponents.
        ["lara"] = (n, m, d, e) => (3 * Product(n, d, 8)) + (2 * Product(n, 8, e)) + (4 * n * d) + (20 * n * 8) + (6 * 8 * d),
        ["linformer"] = (n, m, d, e) => Product(8, m, d) + Product(8, m, e) + Attention(n, 8, d, e),
        // The slots attend to the source, for keys and for values, then the queries to the slots.
        ["luna"] = (n, m, d, e) => Attention(8, m, d, d + e) + Attention(n, 8, d, e),
        // Means; queries by landmarks, landmarks by keys, landmarks by landmarks; six rounds of four products; the chain from the right.
        ["nystromformer"] = (n, m, d, e) => (2 * n * d) + Product(n, d, 8) + Product(8, d, m) + Product(8, d, 8) + (5 * ((n + m) * 8)) + (6 * 4 * Product(8, 8, 8))
            + Product(8, m, e) + Product(8, 8, e) + Product(n, 8, e),
        // Features: a product, the norm, stabiliser and exponential; then sums as for every feature map.
        ["performer"] = (n, m, d, e) => Product(n + m, d, 24) + (2 * (n + m) * d) + (8 * (n + m) * 24)
            + Product(24, m, e) + (m * 24) + Product(n, 24, e) + Product(n, 24, 1) + (n * e),
    };

    public static IEnumerable<TheoryDataRow<string, AttentionPattern>> OperatorsByProducts() =>
        Law.Operators().Where(row => ByProducts.ContainsKey(AttentionCatalogue.Get(row.Data.Item1).Mechanism));

    public static IEnumerable<TheoryDataRow<string, AttentionPattern>> PairwiseOperators() =>
        Law.Operators().Where(row => Pairwise.Contains(AttentionCatalogue.Get(row.Data.Item1).Mechanism));

    public static IEnumerable<TheoryDataRow<string, AttentionPattern>> CausalRecurrences() => Law.Operators()
        .Where(row => row.Data.Item2 == AttentionPattern.CausalSelf && PerStateNumber.ContainsKey(AttentionCatalogue.Get(row.Data.Item1).Mechanism));

    /// <summary>With the unit matrix for values the output is the map of weights, in which every visible pair shows.</summary>
    [Theory, MemberData(nameof(PairwiseOperators))]
    public void The_cost_model_counts_the_visible_pairs(string id, AttentionPattern pattern)
    {
        using var scope = NewDisposeScope();
        using var nograd = no_grad();
        foreach (var (n, m) in new[] { (48, 48), (96, pattern.IsCross ? 60 : 96) })
        {
            var entry = AttentionCatalogue.Get(id);
            var options = entry.DefaultOptions().Keys.Where(Subject.Small.ContainsKey).ToDictionary(name => name, name => Subject.Small[name]);
            var settings = new AttentionSettings(pattern, 4, 8) { ValueSize = m, MaxLength = 128 };
            var attention = AttentionCatalogue.CreateOperator(id, settings, options);
            attention.eval();
            attention.to(ScalarType.Float64);
            var shape = new AttentionShape(pattern, 1, 4, n, m, 8, m);
            if (attention.WhyNot(shape) is { } reason)
            {
                Assert.Skip($"{id} says: {reason}");
            }

            var drawn = AttentionInputs.Draw(attention, shape, 3, ScalarType.Float64, CPU);
            // Positive logits: a weight of zero then means a hidden pair, whatever the activation.
            var inputs = drawn with
            {
                Query = drawn.Query.abs(),
                Key = drawn.Key.abs(),
                Value = eye(m, dtype: ScalarType.Float64).expand(1, 4, m, m),
                Named = drawn.Named.ToDictionary(pair => pair.Key, pair => pair.Key == "v_global" ? eye(m, dtype: ScalarType.Float64).expand(1, 4, m, m) : pair.Value),
            };
            manual_seed(5);
            var pairs = attention.forward(inputs).ne(0).sum().item<long>();
            var counted = pairs * ((2.0 * shape.HeadSize) + (2.0 * shape.ValueSize) + 5);
            Near(counted, attention.Cost(shape).Flops, $"{id} at N = {n}: {pairs} pairs");
        }
    }

    /// <summary>The state that a decode really keeps gives the size; the definition says what is done with each of its numbers.</summary>
    [Theory, MemberData(nameof(CausalRecurrences))]
    public void The_cost_model_counts_the_work_on_the_state(string id, AttentionPattern pattern)
    {
        using var scope = NewDisposeScope();
        using var nograd = no_grad();
        var settings = new AttentionSettings(pattern, 2, 16) { MaxLength = 128 };
        var attention = AttentionCatalogue.CreateOperator(id, settings);
        attention.eval();
        var shape = AttentionShape.Square(pattern, 1, 2, 40, 16);
        var (_, state) = attention.Prefill(AttentionInputs.Draw(attention, shape, 3, ScalarType.Float32, CPU));
        var counted = shape.Length * state.Tensors["s"].numel() * PerStateNumber[AttentionCatalogue.Get(id).Mechanism];
        state.Dispose();
        Near(counted, attention.Cost(shape).Flops, id);
    }

    /// <summary>Slots and features are few beside tokens: what the cost model says must be the sum of the definition's products.</summary>
    [Theory, MemberData(nameof(OperatorsByProducts))]
    public void The_cost_model_counts_the_products_of_the_definition(string id, AttentionPattern pattern)
    {
        var entry = AttentionCatalogue.Get(id);
        var options = entry.DefaultOptions().Keys.Where(SlotOptions.ContainsKey).ToDictionary(name => name, name => SlotOptions[name]);
        var attention = AttentionCatalogue.CreateOperator(id, new AttentionSettings(pattern, 4, 16) { ValueSize = 12, MaxLength = 256 }, options);
        foreach (var (n, m) in new[] { (64, 64), (200, pattern.IsCross ? 90 : 200) })
        {
            Near(3 * 4 * ByProducts[entry.Mechanism](n, m, 16, 12), attention.Cost(new AttentionShape(pattern, 3, 4, n, m, 16, 12)).Flops, $"{id} at N = {n}, M = {m}");
        }
    }

    /// <summary>Operations of a matrix product of <c>[a, b]</c> and <c>[b, c]</c>.</summary>
    private static double Product(double a, double b, double c) => 2 * a * b * c;

    /// <summary>Softmax attention of n queries over m keys.</summary>
    private static double Attention(double n, double m, double d, double e) => Product(n, d, m) + (5 * n * m) + Product(n, m, e);

    private static void Near(double counted, double modelled, string what) => Assert.True(
        Math.Abs(modelled - counted) <= CostTolerance * counted,
        $"{what}: {counted:g6} operations are counted, the cost model says {modelled:g6}, {100 * (modelled / counted - 1):+0.0;-0.0} % off.");
}
