using Bench.Domain.Matrix;
using Bench.Domain.Randomness;
using Bench.Domain.Results;
using Bench.Suites.Cab.Metrics;
using Bench.Suites.Training;
using static TorchSharp.torch;

namespace Bench.Suites.Cab.Vision;

/// <summary>A batch of pictures as plain arrays.</summary>
/// <param name="Rows">B.</param>
/// <param name="Channels">C.</param>
/// <param name="Large">The true pictures, <c>[B, C, H, W]</c>.</param>
/// <param name="Enlarged">The small pictures, enlarged by cubic convolution, <c>[B, C, H, W]</c>.</param>
/// <param name="Roots">√γ of each picture, <c>[B]</c>.</param>
public sealed record PictureBatch(int Rows, int Channels, float[] Large, float[] Enlarged, float[] Roots);

/// <summary>How pictures are made small and large again.</summary>
/// <param name="Side">Height and width of the large picture.</param>
/// <param name="Factor">How many times smaller the small one is.</param>
/// <param name="SamplingSteps">Steps from noise to picture.</param>
/// <param name="Seed">Order of the pictures and levels of noise.</param>
internal sealed record PictureSetting(int Side, int Factor, int SamplingSteps, int Seed);

/// <summary>Trains SR3: the noise of a picture is predicted by its mean absolute error; a held-out picture is sampled from pure noise.</summary>
/// <param name="model">The network, on its device.</param>
/// <param name="pictures">The data.</param>
/// <param name="schedule">Levels of noise.</param>
/// <param name="cell">Batch, device and element type.</param>
/// <param name="setting">Sizes and seed.</param>
internal sealed class PictureLearner(Sr3Unet model, PictureSource pictures, DiffusionSchedule schedule, Cell cell, PictureSetting setting) : ILearner<PictureBatch>
{
    private const int ValidationPictures = 16;
    private readonly Device _device = device(cell.Device);
    private readonly ScalarType _type = cell.Dtype == "bfloat16" ? ScalarType.BFloat16 : ScalarType.Float32;

    /// <inheritdoc />
    public nn.Module Model => model;

    /// <inheritdoc />
    public PictureBatch MakeBatch(long step)
    {
        var random = new CounterRandom(setting.Seed, step);
        var (indices, roots) = (new long[cell.Batch], new float[cell.Batch]);
        for (var i = 0; i < indices.Length; i++)
        {
            (indices[i], roots[i]) = (random.Next(pictures.Train), (float)schedule.DrawRoot(random));
        }

        return Batch(0, indices, roots);
    }

    /// <inheritdoc />
    public Tensor Loss(PictureBatch batch)
    {
        var (large, enlarged) = (Images(batch, batch.Large), Images(batch, batch.Enlarged));
        var roots = ArrayTensor.Of(batch.Roots, _device, batch.Rows);
        var noise = randn(large.shape).to(_device);
        var root = roots.view(-1, 1, 1, 1);
        var noisy = (root * large) + ((1 - root.square()).sqrt() * noise);
        return nn.functional.l1_loss(Predict(enlarged, noisy, roots), noise);
    }

    /// <inheritdoc />
    public long Tokens(PictureBatch batch) => (long)batch.Rows * setting.Side * setting.Side;

    /// <inheritdoc />
    public SortedDictionary<string, double> Evaluate(EvaluationSplit split)
    {
        var count = split == EvaluationSplit.Test ? pictures.HeldOut : Math.Min(ValidationPictures, pictures.HeldOut);
        var part = split == EvaluationSplit.Test ? 2 : 1;
        double psnr = 0, ssim = 0, cubic = 0, cubicSsim = 0, nearest = 0;
        var gain = new PairedGain();
        for (var first = 0; first < count; first += cell.Batch)
        {
            using var scope = NewDisposeScope();
            long[] indices = [.. Enumerable.Range(first, Math.Min(cell.Batch, count - first))];
            var batch = Batch(part, indices, new float[indices.Length]);
            var sampled = Sample(Images(batch, batch.Enlarged)).cpu().data<float>().ToArray();
            var size = sampled.Length / batch.Rows;
            for (var row = 0; row < batch.Rows; row++)
            {
                Span<float> truth = batch.Large.AsSpan(row * size, size), enlarged = batch.Enlarged.AsSpan(row * size, size), found = sampled.AsSpan(row * size, size);
                var (ours, theirs) = (ImageQuality.Psnr(found, truth), ImageQuality.Psnr(enlarged, truth));
                (psnr, cubic) = (psnr + ours, cubic + theirs);
                ssim += ImageQuality.Ssim(found, truth, batch.Channels, setting.Side);
                cubicSsim += ImageQuality.Ssim(enlarged, truth, batch.Channels, setting.Side);
                nearest += ImageQuality.Psnr(Nearest(part, indices[row]), truth);
                gain.Add(ours - theirs);
            }
        }

        var numbers = new SortedDictionary<string, double>(StringComparer.Ordinal)
        {
            [ReconstructionMetrics.Psnr.Name] = psnr / count,
            [ReconstructionMetrics.Ssim.Name] = ssim / count,
            ["cubicPsnr"] = cubic / count,
            ["cubicSsim"] = cubicSsim / count,
            ["nearestPsnr"] = nearest / count,
            ["testRows"] = count,
        };
        gain.AddTo(numbers);
        return numbers;
    }

    /// <inheritdoc />
    public void Reseed(long seed) => model.Reseed(seed);

    /// <inheritdoc />
    public void Dispose() => model.Dispose();

    /// <summary>Goes from noise to pictures, <c>[B, C, H, W]</c>, in the steps of the setting; the estimated picture is cut to [−1, 1] in each.</summary>
    private Tensor Sample(Tensor enlarged)
    {
        var image = randn(enlarged.shape).to(_device);
        foreach (var step in schedule.Reverse(setting.SamplingSteps))
        {
            using var scope = NewDisposeScope();
            var root = Math.Sqrt(step.Level);
            var noise = Predict(enlarged, image, full(image.shape[0], root, dtype: ScalarType.Float32, device: _device));
            var estimate = ((image - (Math.Sqrt(1 - step.Level) * noise)) / root).clamp(-1, 1);
            var mean = (step.ImageFactor * estimate) + (step.NoisyFactor * image);
            image = (step.Deviation > 0 ? mean + (step.Deviation * randn(image.shape).to(_device)) : mean).MoveToOuterDisposeScope();
        }

        return image;
    }

    private Tensor Predict(Tensor enlarged, Tensor noisy, Tensor roots) =>
        model.forward(cat([enlarged, noisy], 1).to(_type), roots.to(_type)).to(ScalarType.Float32);

    private Tensor Images(PictureBatch batch, float[] values) => ArrayTensor.Of(values, _device, batch.Rows, batch.Channels, setting.Side, setting.Side);

    private PictureBatch Batch(int part, long[] indices, float[] roots)
    {
        float[]? large = null, enlarged = null;
        var channels = 1;
        for (var row = 0; row < indices.Length; row++)
        {
            var picture = pictures.Make(part, indices[row]);
            var again = picture.Resize(setting.Side / setting.Factor, setting.Side / setting.Factor).Resize(setting.Side, setting.Side);
            channels = picture.Channels;
            large ??= new float[indices.Length * picture.Values.Length];
            enlarged ??= new float[large.Length];
            picture.Values.CopyTo(large, row * picture.Values.Length);
            again.Values.CopyTo(enlarged, row * picture.Values.Length);
        }

        return new PictureBatch(indices.Length, channels, large!, enlarged!, roots);
    }

    /// <summary>The simplest baseline: every pixel of the small picture as a square.</summary>
    private float[] Nearest(int part, long index)
    {
        var small = setting.Side / setting.Factor;
        var picture = pictures.Make(part, index).Resize(small, small);
        return [.. Enumerable.Range(0, picture.Channels * setting.Side * setting.Side).Select(i =>
            picture.Values[(((i / setting.Side / setting.Side * small) + (i / setting.Side % setting.Side / setting.Factor)) * small) + (i % setting.Side / setting.Factor)])];
    }
}
