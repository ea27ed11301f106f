namespace Bench.Suites.Training;

/// <summary>
/// How the learning rate changes: a factor on the recipe's rate for each optimiser step, counted from 0. A pure function, so that a resumed
/// training goes on with the right one.
/// </summary>
public sealed class RateSchedule
{
    private readonly Func<long, double> _factor;

    private RateSchedule(Func<long, double> factor) => _factor = factor;

    /// <summary>1 at every step.</summary>
    public static RateSchedule Constant { get; } = new(_ => 1);

    /// <summary>The factor of a step.</summary>
    /// <param name="step">From 0.</param>
    public double Factor(long step) => _factor(step);

    /// <summary>Linear from 1/<paramref name="warmup"/> to 1, then half a cosine down to 0 at the end.</summary>
    /// <param name="total">Steps of the whole training.</param>
    /// <param name="warmup">Steps of the rise; 0 for none.</param>
    public static RateSchedule Cosine(long total, long warmup = 0) => new(step => step < warmup
        ? (step + 1.0) / warmup
        : 0.5 * (1 + Math.Cos(Math.PI * Math.Min(1, (step - warmup) / (double)Math.Max(1, total - warmup)))));

    /// <summary>
    /// Constant · linear warm-up · 1/√step of the Long Range Arena: <c>min(1, s/w) / √max(s, w)</c>; its peak is 1/√w, and step 0 has rate 0.
    /// </summary>
    /// <remarks>Tay et al., arXiv:2011.04006; lra_benchmarks/utils/train_utils.py.</remarks>
    /// <param name="warmup">w, at least 1.</param>
    public static RateSchedule InverseRootLra(long warmup) => new(step => Math.Min(1, step / (double)warmup) / Math.Sqrt(Math.Max(step, warmup)));

    /// <summary>
    /// Constant · linear warm-up · cosine of the Long Range Arena: <c>min(1, s/w) · max(0, ½(1 + cos(π·frac(max(0, s − w)/c))))</c>; after
    /// each cycle it starts again at 1.
    /// </summary>
    /// <remarks>Tay et al., arXiv:2011.04006; lra_benchmarks/utils/train_utils.py.</remarks>
    /// <param name="warmup">w, at least 1.</param>
    /// <param name="cycle">c: steps of a cycle.</param>
    public static RateSchedule CosineCyclesLra(long warmup, long cycle) => new(step =>
    {
        var progress = Math.Max(0, step - warmup) / (double)cycle;
        return Math.Min(1, step / (double)warmup) * Math.Max(0, 0.5 * (1 + Math.Cos(Math.PI * (progress - Math.Floor(progress)))));
    });

    /// <summary>
    /// Inverse square root with warm-up as fairseq has it: linear from <paramref name="start"/> to 1 over the warm-up, then √(w/s).
    /// </summary>
    /// <remarks>Vaswani et al., arXiv:1706.03762, section 5.3; fairseq's inverse_sqrt.</remarks>
    /// <param name="warmup">w, at least 1.</param>
    /// <param name="start">Factor of step 0: warm-up's first rate over the peak rate.</param>
    public static RateSchedule InverseRoot(long warmup, double start = 0) => new(step => step < warmup
        ? start + ((1 - start) * step / warmup)
        : Math.Sqrt(warmup / (double)step));

    /// <summary>
    /// Linear warm-up from 0 to 1, then <c>(1 − (s − w)/(T − w))^power</c> down to <paramref name="end"/>, which it keeps.
    /// </summary>
    /// <remarks>fairseq's polynomial_decay, used by RoBERTa (arXiv:1907.11692).</remarks>
    /// <param name="total">T: step at which the end is reached.</param>
    /// <param name="warmup">w: steps of the rise; 0 for none.</param>
    /// <param name="power">1 is a straight line.</param>
    /// <param name="end">Last factor.</param>
    public static RateSchedule Polynomial(long total, long warmup = 0, double power = 1, double end = 0) => new(step => step < warmup
        ? step / (double)warmup
        : step >= total ? end
        : end + ((1 - end) * Math.Pow(1 - ((step - warmup) / (double)(total - warmup)), power)));

    /// <summary>1 in the first two epochs, then half of it with every further epoch: Informer's "type1", which is adjusted after an epoch.</summary>
    /// <remarks>Zhou et al., arXiv:2012.07436; zhouhaoyi/Informer2020, utils/tools.py.</remarks>
    /// <param name="stepsPerEpoch">Optimiser steps of an epoch.</param>
    public static RateSchedule HalvingEveryEpoch(long stepsPerEpoch) => new(step => Math.Pow(0.5, Math.Max(0, (step / stepsPerEpoch) - 1)));

    /// <summary><c>max(decay^(epoch/every), floor)</c>, constant within an epoch: the decay of PoinTr.</summary>
    /// <remarks>Yu et al., arXiv:2108.08839; yuxumin/PoinTr, utils/misc.py.</remarks>
    /// <param name="stepsPerEpoch">Optimiser steps of an epoch.</param>
    /// <param name="decay">Factor for each <paramref name="every"/> epochs.</param>
    /// <param name="every">Epochs after which the whole factor is reached.</param>
    /// <param name="floor">Least factor.</param>
    public static RateSchedule StepDecay(long stepsPerEpoch, double decay, double every, double floor) =>
        new(step => Math.Max(Math.Pow(decay, step / stepsPerEpoch / every), floor));
}
