using System.Diagnostics;
using Bench.Attention.Primitives.Fused;
using Bench.Domain.Results;
using Bench.Suites.Harness;
using TorchSharp;
using static TorchSharp.torch;

namespace Bench.Suites.Efficiency;

/// <summary>What this process's device can do at most, measured in the process itself: the ruler for useful work and the floor under times.</summary>
/// <param name="FlopsPerSecond">Best of several matrix products of the cell's element type and, on a CPU, of multiply-adds in registers.</param>
/// <param name="BytesPerSecond">Best of several copies of an array larger than the last-level cache, read and written bytes together.</param>
public sealed record Roofline(double FlopsPerSecond, double BytesPerSecond)
{
    private const int MatrixSize = 768;
    private const int Tries = 3;

    // Short enough to run between two interruptions of a busy machine, and often enough to be lucky.
    private const int SmallMatrixSize = 320;
    private const int PatientTries = 200;
    private const int PatientCopies = 20;

    // 32 MiB to read and as much to write: together twice the last-level cache of most CPUs. The first touch of more would cost a cell's process
    // longer than the passes that it is there for.
    private const long CpuCopyElements = 1L << 23;
    private const long GpuCopyElements = 1L << 26;

    /// <summary>
    /// Room for what the two probes do not show: a clock that was higher during the cell, and caches that are faster than memory. A time below the
    /// floor is not fast, it is impossible.
    /// </summary>
    private const double FlopsMargin = 2;

    private const double CacheMargin = 16;

    /// <summary>Measures both peaks, about 100 ms in all.</summary>
    public static Roofline Measure(ScalarType dtype, Device device) => Measure(dtype, device, MatrixSize, Tries, Tries);

    /// <summary>
    /// The higher of these peaks and of those of many short probes, half a second in all. A machine that was busy during the first probe shows less
    /// than it can; nothing may be called impossible on such evidence.
    /// </summary>
    public Roofline LookedAtAgain(ScalarType dtype, Device device)
    {
        var again = Measure(dtype, device, SmallMatrixSize, PatientTries, PatientCopies);
        return new Roofline(Math.Max(FlopsPerSecond, again.FlopsPerSecond), Math.Max(BytesPerSecond, again.BytesPerSecond));
    }

    /// <summary>Least milliseconds that the work can take.</summary>
    public double FloorMilliseconds(double flops, double bytes) =>
        1000 * Math.Max(flops / (FlopsMargin * FlopsPerSecond), bytes / (CacheMargin * BytesPerSecond));

    /// <summary>Whether a time is below the floor.</summary>
    public bool Forbids(double milliseconds, double flops, double bytes) => milliseconds < FloorMilliseconds(flops, bytes);

    /// <summary>Refuses a time below the floor.</summary>
    /// <exception cref="CellFailedException">With class <see cref="FailureClass.Incorrect"/>.</exception>
    public void Refuse(string implementation, double milliseconds, double flops, double bytes)
    {
        if (Forbids(milliseconds, flops, bytes))
        {
            throw new CellFailedException(
                FailureClass.Incorrect,
                $"{implementation} took {milliseconds:G3} ms; at this device's measured peak of {FlopsPerSecond / 1e9:0} GFLOP/s and "
                + $"{BytesPerSecond / 1e9:0} GB/s the work takes at least {FloorMilliseconds(flops, bytes):G3} ms. The work was not done inside the timed call.",
                "No number is stored. If the cost model of the implementation is wrong, correct its Cost.");
        }
    }

    private static Roofline Measure(ScalarType dtype, Device device, int size, int tries, int copies)
    {
        using var scope = NewDisposeScope();
        using var nograd = no_grad();
        var a = randn([size, size], dtype: ScalarType.Float32, device: device).to(dtype);
        var b = randn([size, size], dtype: ScalarType.Float32, device: device).to(dtype);
        var elements = device.type == DeviceType.CPU ? CpuCopyElements : GpuCopyElements;
        var source = ones(elements, dtype: ScalarType.Float32, device: device);
        var target = empty_like(source);
        var product = 2.0 * size * size * size / Best(() => a.matmul(b).Dispose(), device, tries);
        return new Roofline(
            device.type == DeviceType.CPU ? Math.Max(product, MultiplyAdds(dtype, tries)) : product,
            2.0 * elements * sizeof(float) / Best(() => target.copy_(source), device, copies));
    }

    /// <summary>
    /// Operations per second of multiply-adds in registers. A library's product may leave half of the vectors unused (torch's on an AMD EPYC reached
    /// 37 to 39 % of this): a pass that uses them is fast, not impossible.
    /// </summary>
    private static double MultiplyAdds(ScalarType dtype, int tries) =>
        MultiplyAddLoop.Flops / (dtype == ScalarType.Float64 ? 2 : 1) / Best(() => MultiplyAddLoop.Pass(), CPU, tries);

    private static double Best(Action work, Device device, int tries)
    {
        var best = double.MaxValue;
        for (var i = 0; i < tries; i++)
        {
            var start = Stopwatch.GetTimestamp();
            work();
            if (device.type == DeviceType.CUDA)
            {
                cuda.synchronize(device);
            }

            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return best;
    }
}
