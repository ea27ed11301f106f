using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Tests.Sparse;

/// <summary>The recorded case of the axial mixture is noncausal; here its causal form is computed token by token from the definition.</summary>
public sealed class CombinerMixtureTests
{
    private const int Size = 5;
    private const int Segment = 4;

    [Theory]
    [InlineData(12)]
    [InlineData(14)]
    [InlineData(3)]
    public void The_causal_form_equals_the_definition_token_by_token(int length)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(9, CPU);
        Tensor Draw() => randn([1, 1, length, Size], dtype: ScalarType.Float64, generator: generator);
        var (q, k, v) = (Draw(), Draw(), Draw());
        using var attention = AttentionCatalogue.CreateOperator(
            "combiner-mixture/joint", new AttentionSettings(AttentionPattern.CausalSelf, 1, Size), new Dictionary<string, string> { ["segment"] = $"{Segment}" });

        var output = attention.forward(new AttentionInputs(q, k, v));

        var expected = stack([.. Enumerable.Range(0, length).Select(i => Token(q[0, 0] / Math.Sqrt(Size), k[0, 0], v[0, 0], i))]);
        Assert.True((output[0, 0] - expected).abs().max().item<double>() < 1e-12);
    }

    private static Tensor Token(Tensor q, Tensor k, Tensor v, int i)
    {
        var (row, column) = (i / Segment, i % Segment);
        var (keys, values) = (new List<Tensor>(), new List<Tensor>());
        void Read(Tensor key, Tensor value)
        {
            keys.Add(key);
            values.Add(value);
        }

        // Some tokens in one: sums of queries and keys, and what the summed query attends to among them.
        void ReadSummary(IEnumerable<int> tokens)
        {
            var index = tensor(tokens.Where(token => token < q.shape[0]).Select(token => (long)token).ToArray());
            if (index.shape[0] > 0)
            {
                var (queries, some) = (q.index_select(0, index), k.index_select(0, index));
                Read(some.sum(dim: 0), some.matmul(queries.sum(dim: 0)).softmax(0).matmul(v.index_select(0, index)));
            }
        }

        for (var above = 0; above < row; above++)
        {
            var first = above * Segment;
            Read(k[first + column], v[first + column]);
            ReadSummary(Enumerable.Range(first, column));
            ReadSummary(Enumerable.Range(first + column + 1, Segment - column - 1));
        }

        for (var beside = 0; beside < Segment; beside++)
        {
            if (beside <= column)
            {
                Read(k[(row * Segment) + beside], v[(row * Segment) + beside]);
            }

            if (beside != column)
            {
                ReadSummary(Enumerable.Range(0, row).Select(above => (above * Segment) + beside));
            }
        }

        return stack([.. keys]).matmul(q[i]).softmax(0).matmul(stack([.. values]));
    }
}
