using Bench.Attention.Primitives;
using Bench.Attention.StateSpace;
using Bench.Attention.Tests.Laws;
using Bench.Domain.Matrix;
using static TorchSharp.torch;

namespace Bench.Attention.Tests.Primitives;

/// <summary>Mechanisms as one dynamical system, and the conditions under which they are each other.</summary>
public sealed class DynamicalSystemTests
{
    private const int Length = 19;
    private const int Size = 8;

    private static Tensor Normal(params long[] sizes) => randn(sizes, dtype: ScalarType.Float64);

    private static (Tensor Query, Tensor Key, Tensor Value) Draw()
    {
        manual_seed(6);
        return (Normal(2, 2, Length, Size), Normal(2, 2, Length, Size), Normal(2, 2, Length, Size));
    }

    private static Tensor Of(string id, Tensor query, Tensor key, Tensor value, (string Name, Tensor Tensor)? named = null, Dictionary<string, string>? options = null) =>
        AttentionCatalogue.CreateOperator(id, new AttentionSettings(AttentionPattern.CausalSelf, 2, Size), options).forward(new AttentionInputs(query, key, value)
        {
            Named = named is { } one ? new Dictionary<string, Tensor> { [one.Name] = one.Tensor } : [],
        });

    [Fact]
    public void Linear_attention_is_a_system_whose_transition_is_the_ratio_of_its_normalisers()
    {
        using var scope = NewDisposeScope();
        var (query, key, value) = Draw();
        var (q, k) = (nn.functional.elu(query, 1) + 1, nn.functional.elu(key, 1) + 1);

        var system = DynamicalSystem.OfLinearAttention(q, k, value, DynamicalSystem.Normaliser(q, k));

        Law.Near(Of("linear-attention/recurrent", query, key, value, options: new() { ["epsilon"] = "0" }), system.Run().Output, 1e-12, "Linear attention");
        Assert.Equal(Size * Size, system.StateElements);
    }

    [Fact]
    public void With_a_normaliser_of_one_it_is_unnormalised_attention()
    {
        using var scope = NewDisposeScope();
        var (query, key, value) = Draw();
        var options = new Dictionary<string, string> { ["normalise"] = "false", ["featureMap"] = "identity" };

        var system = DynamicalSystem.OfLinearAttention(query, key, value, ones([2, 2, Length], dtype: ScalarType.Float64));

        Law.Near(Of("linear-attention/recurrent", query, key, value, options: options), system.Run().Output, 1e-12, "Without a normaliser");
    }

    [Fact]
    public void A_normaliser_that_grows_exponentially_is_a_decay()
    {
        using var scope = NewDisposeScope();
        var (query, key, value) = Draw();
        var decay = nn.functional.logsigmoid(Normal(2, 2, Length));                   // [B, H, N]
        var normaliser = (-decay.cumsum(2)).exp();

        var system = DynamicalSystem.OfLinearAttention(query, key, value, normaliser);
        var gated = Of("simple-gla/recurrent", query, key / normaliser.unsqueeze(-1), value, ("g", decay), new() { ["scale"] = "1" });

        Law.Near(gated, system.Run().Output, 1e-12, "η_{i−1}/η_i = e^{g_i}");
    }

    [Fact]
    public void Mambas_scan_is_a_system_with_one_head()
    {
        using var scope = NewDisposeScope();
        manual_seed(6);
        const int States = 5;
        var (input, delta) = (Normal(2, Length, Size), nn.functional.softplus(Normal(2, Length, Size), 1, 20));
        var (a, write, read, skip) = (-Normal(Size, States).exp(), Normal(2, Length, 1, States), Normal(2, Length, 1, States), Normal(Size));

        var expected = new SelectiveScan(input, delta, a, write, read) { Skip = skip }.Run(null);
        var plain = DynamicalSystem.OfSelectiveStateSpace(
            input.unsqueeze(1), delta.unsqueeze(1), a.transpose(0, 1), write.transpose(1, 2), read.transpose(1, 2));
        var system = plain with { Skip = skip };
        var (output, state) = system.Run();

        Law.Near(expected.Output, output.squeeze(1), 1e-12, "Outputs");
        Law.Near(expected.State, state.squeeze(1).transpose(1, 2), 1e-12, "State");
        Assert.Equal(States * Size, system.StateElements);
    }

    [Fact]
    public void A_state_space_model_with_one_step_and_one_pole_a_head_is_scalar_gated_attention()
    {
        using var scope = NewDisposeScope();
        var (read, write, input) = Draw();
        var (step, pole) = (nn.functional.softplus(Normal(2, 2, Length, 1), 1, 20), -0.7);

        var system = DynamicalSystem.OfSelectiveStateSpace(input, step, tensor(pole, dtype: ScalarType.Float64), write, read);

        Law.Near(Of("mamba2-ssd/recurrent", read, write, step * input, ("a", (step * pole).squeeze(-1))), system.Run().Output, 1e-12, "Mamba-2");
        Law.Near(
            Of("simple-gla/recurrent", read, write, step * input, ("g", (step * pole).squeeze(-1)), new() { ["scale"] = "1" }),
            system.Run().Output, 1e-12, "Simple gated linear attention");
    }

    [Fact]
    public void With_one_step_a_head_and_a_pole_a_state_it_is_gated_linear_attention_and_not_the_scalar_one()
    {
        using var scope = NewDisposeScope();
        var (read, write, input) = Draw();
        var step = nn.functional.softplus(Normal(2, 2, Length, 1), 1, 20);
        var poles = -Normal(Size).exp();                                              // [n]

        var output = DynamicalSystem.OfSelectiveStateSpace(input, step, poles.unsqueeze(-1), write, read).Run().Output;

        Law.Near(Of("gla/recurrent", read, write, step * input, ("g", step * poles), new() { ["scale"] = "1" }), output, 1e-12, "GLA");
        var scalar = Of("simple-gla/recurrent", read, write, step * input, ("g", (step * poles.mean()).squeeze(-1)), new() { ["scale"] = "1" });
        Assert.True(Law.Distance(scalar, output) > 1e-3, "One decay for all states must not do.");
    }

    [Fact]
    public void A_gated_network_is_a_system_with_one_number_a_channel()
    {
        using var scope = NewDisposeScope();
        var (input, gate, _) = Draw();
        var forget = gate.sigmoid();

        var system = DynamicalSystem.OfGatedNetwork(input, forget);
        var expected = ElementwiseScan.Recurrent(forget.log().transpose(1, 2), ((1 - forget) * input).transpose(1, 2), null).Output.transpose(1, 2);

        Law.Near(expected, system.Run().Output, 1e-12, "HGRN's recurrence");
        Assert.Equal(Size, system.StateElements);
    }
}
