namespace Bench.Domain.Results;

/// <summary>Metrics of tasks that rebuild pictures, point clouds and series.</summary>
public static class ReconstructionMetrics
{
    /// <summary>Peak signal-to-noise ratio of pictures.</summary>
    public static Metric Psnr { get; } = new(
        "psnr", "dB", Better.Higher, "PSNR", "20·log10(255/√MSE) of the picture rounded to eight bits, mean over test pictures.");

    /// <summary>Structural similarity of pictures.</summary>
    public static Metric Ssim { get; } = new(
        "ssim", "1", Better.Higher, "SSIM", "Structural similarity, Gaussian window 11×11 with σ 1.5 where it fits, eight bits, mean over test pictures.");

    /// <summary>Chamfer distance of point clouds by distances.</summary>
    public static Metric ChamferL1 { get; } = new(
        "chamferL1", "1e-3", Better.Lower, "CD-L1 × 1000", "Half the sum of the mean distances to the nearest point both ways, × 1000; shapes have side 1 or the data set's own scale.");

    /// <summary>Chamfer distance of point clouds by squared distances.</summary>
    public static Metric ChamferL2 { get; } = new(
        "chamferL2", "1e-3", Better.Lower, "CD-L2 × 1000", "Sum of the mean squared distances to the nearest point both ways, × 1000.");

    /// <summary>Share of points that are near one of the other cloud.</summary>
    public static Metric FScore { get; } = new(
        "fScore", "1", Better.Higher, "F-score at 0.01", "Harmonic mean of the shares of points of either cloud that lie within 0.01 of the other.");

    /// <summary>Mean squared error of forecasts.</summary>
    public static Metric Mse { get; } = new(
        "mse", "1", Better.Lower, "MSE", "Mean squared error over test windows, steps and variables, on standardised data.");

    /// <summary>Mean absolute error of forecasts.</summary>
    public static Metric Mae { get; } = new(
        "mae", "1", Better.Lower, "MAE", "Mean absolute error over test windows, steps and variables, on standardised data.");
}
