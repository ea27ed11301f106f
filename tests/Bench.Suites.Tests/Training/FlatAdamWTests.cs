using Bench.Suites.Training;
using static TorchSharp.torch;

namespace Bench.Suites.Tests.Training;

public sealed class FlatAdamWTests
{
    [Fact]
    public void Flat_steps_equal_torchs_steps_parameter_by_parameter()
    {
        using var scope = NewDisposeScope();
        var (flat, usual) = (Model(), Model());
        using var ours = new FlatAdamW([.. flat.parameters()], weightDecay: 0.1);
        using var theirs = optim.AdamW(usual.parameters(), lr: 0.01, weight_decay: 0.1);
        var input = randn(5, 3);

        for (var step = 0; step < 7; step++)
        {
            ours.ZeroGradients();
            flat.forward(input).square().sum().backward();
            ours.Step(0.01);
            theirs.zero_grad();
            usual.forward(input).square().sum().backward();
            theirs.step();
        }

        foreach (var (mine, reference) in flat.parameters().Zip(usual.parameters()))
        {
            Assert.True(mine.allclose(reference, rtol: 1e-5, atol: 1e-6));
        }

        Assert.Equal(7, ours.Steps);
    }

    [Fact]
    public void A_coupled_decay_with_clipped_gradients_equals_torchs_adam()
    {
        using var scope = NewDisposeScope();
        var (flat, usual) = (Model(), Model());
        using var ours = new FlatAdamW(
            [.. flat.parameters()],
            new AdamWOptions { Beta1 = 0.9, Beta2 = 0.98, Epsilon = 1e-9, WeightDecay = 0.1, DecoupledDecay = false, ClipNorm = 0.5 });
        using var theirs = optim.Adam(usual.parameters(), lr: 0.01, beta1: 0.9, beta2: 0.98, eps: 1e-9, weight_decay: 0.1);
        var input = randn(5, 3);

        for (var step = 0; step < 7; step++)
        {
            ours.ZeroGradients();
            flat.forward(input).square().sum().backward();
            ours.Step(0.01);
            theirs.zero_grad();
            usual.forward(input).square().sum().backward();
            Assert.True(nn.utils.clip_grad_norm_(usual.parameters(), 0.5) > 0.5, "The gradients are too short to test the clip.");
            theirs.step();
        }

        foreach (var (mine, reference) in flat.parameters().Zip(usual.parameters()))
        {
            Assert.True(mine.allclose(reference, rtol: 1e-5, atol: 1e-6));
        }
    }

    [Fact]
    public void Parameters_keep_their_values_and_shapes_when_they_move_into_one_buffer()
    {
        using var scope = NewDisposeScope();
        var model = Model();
        var before = model.parameters().Select(parameter => parameter.detach().clone()).ToList();

        using var optimiser = new FlatAdamW([.. model.parameters()], weightDecay: 0);

        foreach (var (parameter, value) in model.parameters().Zip(before))
        {
            Assert.Equal(value.shape, parameter.shape);
            Assert.True(parameter.equal(value).all().item<bool>());
        }
    }

    [Fact]
    public void Parameters_of_two_types_are_refused()
    {
        using var scope = NewDisposeScope();

        Assert.Throws<ArgumentException>(() => new FlatAdamW([nn.Parameter(zeros(1)), nn.Parameter(zeros(1, ScalarType.Float64))], 0));
        Assert.Throws<ArgumentException>(() => new FlatAdamW([], 0));
    }

    private static nn.Module<Tensor, Tensor> Model()
    {
        manual_seed(3);
        return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2));
    }
}
