using Bench.Domain.Randomness;

namespace Bench.Suites.Cab.Vision;

/// <summary>
/// How much noise a diffusion step leaves: variances β_t from first to last in equal steps, γ_t = Π (1 − β). Pure numbers in double precision.
/// </summary>
/// <remarks>
/// Ho et al., arXiv:2006.11239; trained on √γ drawn between two neighbours as in SR3 (Saharia et al., arXiv:2104.07636). Fewer sampling than training steps
/// take every k-th level, as in Nichol and Dhariwal, arXiv:2102.09672, section 4: with all steps it is the published sampler.
/// </remarks>
public sealed class DiffusionSchedule
{
    private readonly double[] _levels;

    /// <summary>Builds the schedule.</summary>
    /// <param name="steps">T: published 2000.</param>
    /// <param name="first">β₁: published 1e-6.</param>
    /// <param name="last">β_T: published 1e-2.</param>
    public DiffusionSchedule(int steps, double first = 1e-6, double last = 1e-2)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 2);
        _levels = new double[steps + 1];
        _levels[0] = 1;
        for (var t = 1; t <= steps; t++)
        {
            _levels[t] = _levels[t - 1] * (1 - (first + ((last - first) * (t - 1) / (steps - 1))));
        }
    }

    /// <summary>T.</summary>
    public int Steps => _levels.Length - 1;

    /// <summary>γ_t: share of the image's variance that is left after t steps; γ₀ = 1.</summary>
    public double Level(int step) => _levels[step];

    /// <summary>√γ for one training example: a step drawn uniformly, then a point between its level and the one before.</summary>
    public double DrawRoot(CounterRandom random)
    {
        var step = random.Next(1, Steps + 1);
        double high = Math.Sqrt(_levels[step - 1]), low = Math.Sqrt(_levels[step]);
        return low + ((high - low) * random.NextDouble());
    }

    /// <summary>The steps of a sampling run, from most noise to none.</summary>
    /// <param name="count">S, from 1 to T.</param>
    public IEnumerable<ReverseStep> Reverse(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Steps);
        for (var i = count; i >= 1; i--)
        {
            yield return new ReverseStep(_levels[(int)((long)i * Steps / count)], _levels[(int)((long)(i - 1) * Steps / count)]);
        }
    }
}

/// <summary>One step back: from level γ to the level γ' of the step before.</summary>
/// <param name="Level">γ.</param>
/// <param name="Before">γ' ≥ γ; 1 at the end.</param>
public readonly record struct ReverseStep(double Level, double Before)
{
    /// <summary>β = 1 − γ/γ'.</summary>
    public double Variance => 1 - (Level / Before);

    /// <summary>Factor of the estimated image in the posterior mean: √γ'·β/(1 − γ).</summary>
    public double ImageFactor => Math.Sqrt(Before) * Variance / (1 - Level);

    /// <summary>Factor of the noisy image in the posterior mean: √(1 − β)·(1 − γ')/(1 − γ).</summary>
    public double NoisyFactor => Math.Sqrt(1 - Variance) * (1 - Before) / (1 - Level);

    /// <summary>Standard deviation of the noise that is added back: √(β(1 − γ')/(1 − γ)); 0 at the end.</summary>
    public double Deviation => Math.Sqrt(Variance * (1 - Before) / (1 - Level));
}
