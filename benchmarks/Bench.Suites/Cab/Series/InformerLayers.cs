using Bench.Attention;
using Bench.Suites.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bench.Suites.Cab.Series;

/// <summary>
/// Values, positions and moments as one sequence: a circular convolution of width 3 over the values, sinusoidal positions, a linear map of the moments.
/// <c>[B, N, C]</c> and <c>[B, N, F]</c> to <c>[B, N, E]</c>.
/// </summary>
internal sealed class SeriesEmbedding : nn.Module<Tensor, Tensor, Tensor>
{
    private readonly Conv1d values;
    private readonly Linear times;
    private readonly SeededDropout _dropout;

    public SeriesEmbedding(InformerSizes sizes, SeededDropout dropout)
        : base("embedding")
    {
        values = nn.Conv1d(sizes.Channels, sizes.Width, 3);
        times = nn.Linear(sizes.Features, sizes.Width);
        _dropout = dropout;
        nn.init.kaiming_normal_(values.weight!, mode: nn.init.FanInOut.FanIn, nonlinearity: nn.init.NonlinearityType.LeakyReLU);
        RegisterComponents();
    }

    public override Tensor forward(Tensor series, Tensor moments)
    {
        using var scope = NewDisposeScope();
        var embedded = InformerDistillation.Circular(values, series) + Sinusoids(series.shape[1], times.weight!.shape[0], series) + times.forward(moments);
        return _dropout.forward(embedded).MoveToOuterDisposeScope();
    }

    /// <summary>Sine at even and cosine at odd features, <c>[N, E]</c> (Vaswani et al., arXiv:1706.03762).</summary>
    private static Tensor Sinusoids(long length, long width, Tensor like)
    {
        var position = arange(length, dtype: ScalarType.Float32, device: like.device).unsqueeze(1);
        var frequency = (arange(0, width, 2, dtype: ScalarType.Float32, device: like.device) * (-Math.Log(10_000) / width)).exp();
        var angle = position * frequency;                                                           // [N, E/2]
        return stack([angle.sin(), angle.cos()], -1).flatten(1).to(like.dtype);
    }
}

/// <summary>Circular convolution of width 3, BatchNorm, ELU and a maximum over 3 at every second step: <c>[B, N, E]</c> to <c>[B, ⌈N/2⌉, E]</c>.</summary>
internal sealed class InformerDistillation : nn.Module<Tensor, Tensor>
{
    private readonly Conv1d convolution;
    private readonly BatchNorm1d norm;

    public InformerDistillation(int width)
        : base("halving")
    {
        convolution = nn.Conv1d(width, width, 3);
        norm = nn.BatchNorm1d(width);
        RegisterComponents();
    }

    public override Tensor forward(Tensor hidden)
    {
        using var scope = NewDisposeScope();
        var filtered = norm.forward(Circular(convolution, hidden).transpose(1, 2));                 // [B, E, N]
        return nn.functional.max_pool1d(nn.functional.elu(filtered, 1.0), 3, 2, 1).transpose(1, 2).MoveToOuterDisposeScope();
    }

    /// <summary>Convolves along the steps; the neighbours of the first and the last step are each other: <c>[B, N, C]</c> to <c>[B, N, E]</c>.</summary>
    public static Tensor Circular(Conv1d convolution, Tensor series)
    {
        var last = series.shape[1] - 1;
        var padded = cat([series.narrow(1, last, 1), series, series.narrow(1, 0, 1)], 1);
        return convolution.forward(padded.transpose(1, 2)).transpose(1, 2);
    }
}

/// <summary>Self attention and a position-wise network, each with a residual and a LayerNorm behind it.</summary>
internal sealed class InformerEncoderLayer : nn.Module<Tensor, Tensor>
{
    private readonly AttentionLayer? attention;
    private readonly LayerNorm first;
    private readonly LayerNorm second;
    private readonly Linear up;
    private readonly Linear down;
    private readonly SeededDropout _dropout;

    public InformerEncoderLayer(InformerSizes sizes, AttentionLayer? self, SeededDropout dropout)
        : base("encoder")
    {
        attention = self;
        (first, second) = (nn.LayerNorm(sizes.Width), nn.LayerNorm(sizes.Width));
        (up, down) = (nn.Linear(sizes.Width, sizes.Hidden), nn.Linear(sizes.Hidden, sizes.Width));
        _dropout = dropout;
        RegisterComponents();
    }

    public override Tensor forward(Tensor hidden)
    {
        using var scope = NewDisposeScope();
        var stream = first.forward(attention is null ? hidden : hidden + _dropout.forward(attention.forward(new LayerInputs(hidden))));
        var wide = _dropout.forward(nn.functional.gelu(up.forward(stream)));
        return second.forward(stream + _dropout.forward(down.forward(wide))).MoveToOuterDisposeScope();
    }
}

/// <summary>Causal self attention, cross attention to the encoder and a position-wise network, each with a residual and a LayerNorm behind it.</summary>
internal sealed class InformerDecoderLayer : nn.Module<Tensor, Tensor, Tensor>
{
    private readonly AttentionLayer? own;
    private readonly AttentionLayer? cross;
    private readonly LayerNorm first;
    private readonly LayerNorm second;
    private readonly LayerNorm third;
    private readonly Linear up;
    private readonly Linear down;
    private readonly SeededDropout _dropout;

    public InformerDecoderLayer(InformerSizes sizes, AttentionLayer? self, AttentionLayer? toEncoder, SeededDropout dropout)
        : base("decoder")
    {
        (own, cross) = (self, toEncoder);
        (first, second, third) = (nn.LayerNorm(sizes.Width), nn.LayerNorm(sizes.Width), nn.LayerNorm(sizes.Width));
        (up, down) = (nn.Linear(sizes.Width, sizes.Hidden), nn.Linear(sizes.Hidden, sizes.Width));
        _dropout = dropout;
        RegisterComponents();
    }

    public override Tensor forward(Tensor hidden, Tensor context)
    {
        using var scope = NewDisposeScope();
        var stream = first.forward(own is null ? hidden : hidden + _dropout.forward(own.forward(new LayerInputs(hidden))));
        stream = second.forward(cross is null ? stream : stream + _dropout.forward(cross.forward(new LayerInputs(stream) { Context = context })));
        var wide = _dropout.forward(nn.functional.gelu(up.forward(stream)));
        return third.forward(stream + _dropout.forward(down.forward(wide))).MoveToOuterDisposeScope();
    }
}
