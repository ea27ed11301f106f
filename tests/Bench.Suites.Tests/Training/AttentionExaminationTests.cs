using Bench.Domain.Matrix;
using Bench.Domain.Results;
using Bench.Suites.Training;
using static TorchSharp.torch;

namespace Bench.Suites.Tests.Training;

public sealed class AttentionExaminationTests
{
    private const int N = 8;

    [Fact]
    public void Uniform_attention_has_the_entropy_and_the_span_of_its_triangle()
    {
        using var scope = NewDisposeScope();
        var counts = arange(1, N + 1, dtype: ScalarType.Float32);
        var map = (ones(N, N).tril() / counts.unsqueeze(1)).view(1, 1, N, N);

        var found = Examine(map);

        Assert.Equal(Enumerable.Range(1, N).Average(n => Math.Log(n)), found[AttentionDiagnostic.Entropy], 5);
        Assert.Equal(Enumerable.Range(0, N).Average(n => n / 2.0), found[AttentionDiagnostic.Span], 5);
        Assert.Equal(0, found[AttentionDiagnostic.Injectivity]);
        Assert.False(found.ContainsKey(AttentionDiagnostic.HeadDivergence));
    }

    [Fact]
    public void Attention_to_the_first_token_with_a_small_value_is_a_dormant_head()
    {
        using var scope = NewDisposeScope();
        var map = zeros(1, 2, N, N);
        map[.., 0, .., 0] = 1;
        map[.., 1] = eye(N);
        var value = ones(1, 2, N, 4);
        value[.., .., 0] = 0.1f;

        var found = Examine(map, value);

        Assert.Equal(0.5, found[AttentionDiagnostic.DormantHeads]);
        // Among the places that a quarter of the queries or more may see, the other head gives at most one of two.
        Assert.Equal((1 + 0.5) / 2, found[AttentionDiagnostic.SinkMass], 5);
        // One head reads the first token, the other one itself: they agree for the first query only.
        Assert.Equal(Math.Log(2) * (N - 1) / N, found[AttentionDiagnostic.HeadDivergence], 5);
    }

    [Fact]
    public void Queries_that_read_different_keys_are_told_apart()
    {
        using var scope = NewDisposeScope();
        var map = zeros(1, 1, N, N);
        for (var i = 0; i < N; i++)
        {
            map[0, 0, i, i % 4] = 1;
        }

        Assert.Equal(1, Examine(map)[AttentionDiagnostic.Injectivity]);
        Assert.Equal(1, Examine(map, pattern: AttentionPattern.NoncausalCross)[AttentionDiagnostic.Injectivity], 0.2);
        Assert.False(Examine(map, pattern: AttentionPattern.NoncausalCross).ContainsKey(AttentionDiagnostic.Span));
    }

    [Fact]
    public void Equal_queries_say_nothing_about_injectivity()
    {
        using var scope = NewDisposeScope();
        var found = AttentionExamination.Of(eye(N).view(1, 1, N, N), ones(1, 1, N, 4), ones(1, 1, N, 4), AttentionPattern.CausalSelf);

        Assert.DoesNotContain(found, pair => pair.Diagnostic == AttentionDiagnostic.Injectivity);
    }

    [Fact]
    public void Rows_of_the_suites_length_can_be_examined()
    {
        using var scope = NewDisposeScope();
        manual_seed(3);
        var query = randn(2, 2, 64, 8);
        var map = query.matmul(query.transpose(-2, -1)).softmax(-1);

        var found = AttentionExamination.Of(map, query, randn(2, 2, 64, 8), AttentionPattern.NoncausalSelf).ToDictionary(pair => pair.Diagnostic, pair => pair.Value);

        Assert.Equal(AttentionDiagnostic.All, found.Keys.OrderBy(diagnostic => AttentionDiagnostic.All.ToList().IndexOf(diagnostic)));
        Assert.True(found[AttentionDiagnostic.Injectivity] > 0.99);
    }

    private static Dictionary<AttentionDiagnostic, double> Examine(Tensor map, Tensor? value = null, AttentionPattern pattern = AttentionPattern.CausalSelf)
    {
        manual_seed(2);
        return AttentionExamination.Of(map, randn(1, map.shape[1], N, 4), value ?? ones(1, map.shape[1], N, 4), pattern)
            .ToDictionary(pair => pair.Diagnostic, pair => pair.Value);
    }
}
