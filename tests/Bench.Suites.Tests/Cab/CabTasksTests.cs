using Bench.Domain.Matrix;
using Bench.Domain.Results;
using Bench.Suites.Cab;
using Bench.Suites.Cab.Points;
using Bench.Suites.Cab.Series;
using Bench.Suites.Cab.Vision;
using Bench.Suites.Harness;

namespace Bench.Suites.Tests.Cab;

/// <summary>CAB's tasks of pictures, clouds and series from cell to result, on synthetic data.</summary>
public sealed class CabTasksTests
{
    [Theory]
    [InlineData("noncausal-self", 48, null)]
    [InlineData("noncausal-cross", 36, 48)]
    public void TimeSeries_LearnsTheSeasons(string pattern, int length, int? source)
    {
        var result = Run(new TimeSeriesTask(), Cell("cab/time-series", pattern, length, ("horizon", "12"), ("steps", "120"), ("learningRate", "0.003"), ("testItems", "60")) with { SourceLength = source, Batch = 8 });

        var mse = Metric(result, "mse");
        Assert.InRange(mse, 0.01, result.Facts["lastValueMse"]);
        Assert.True(mse < result.Facts["trainMeanMse"], $"{mse} is no better than the training mean's {result.Facts["trainMeanMse"]}.");
        Assert.True(result.Facts["gain"] > result.Facts["gainHalfWidth"]);
        Assert.Equal(result.Facts["lastValueMse"] - mse, result.Facts["gain"], 6);
        Assert.Equal((2, 60), (result.Facts["dataTier"], result.Facts["testRows"]));
        Assert.All(result.Facts.Keys, name => Assert.Contains(RunFact.Find(name).Fact, RunFact.All));
        Assert.Contains(result.LearningCurve, point => point.Metric == "mae");
    }

    [Fact]
    public void PointCompletion_TrainsAndMeasures()
    {
        var cell = Cell("cab/point-completion", "noncausal-cross", 16, ("steps", "4"), ("partialPoints", "64"), ("completePoints", "128"), ("pointsPerQuery", "4"), ("testItems", "4"));
        var result = Run(new PointCompletionTask(), cell with { SourceLength = 32, Batch = 2 });

        Assert.True(Metric(result, "chamferL1") > 0 && Metric(result, "chamferL2") > 0);
        Assert.InRange(Metric(result, "fScore"), 0, 1);
        Assert.All(result.Facts.Keys, name => Assert.Contains(RunFact.Find(name).Fact, RunFact.All));
        Assert.Equal(result.Facts["partialChamferL1"] - Metric(result, "chamferL1"), result.Facts["gain"], 6);
    }

    [Fact]
    public void SuperResolution_TrainsSamplesAndMeasures()
    {
        var cell = Cell("cab/super-resolution", "noncausal-self", 256, ("steps", "3"), ("multipliers", "1,2"), ("attentionAt", "8"), ("samplingSteps", "3"), ("testItems", "3")) with { Heads = 1, HeadSize = 8, Batch = 2 };
        var (first, second) = (Run(new SuperResolutionTask(), cell), Run(new SuperResolutionTask(), cell));

        Assert.InRange(Metric(first, "ssim"), -1, 1);
        Assert.All(first.Facts.Keys, name => Assert.Contains(RunFact.Find(name).Fact, RunFact.All));
        Assert.Equal(Metric(first, "psnr"), Metric(second, "psnr"));
        Assert.Equal(Metric(first, "psnr") - first.Facts["cubicPsnr"], first.Facts["gain"], 6);
        // Detail above the small picture's is lost by squares more than by cubic convolution.
        Assert.True(first.Facts["cubicPsnr"] > first.Facts["nearestPsnr"]);
    }

    [Fact]
    public void WithoutAttention_TheModelIsSmaller()
    {
        var cell = Cell("cab/time-series", "noncausal-self", 48, ("horizon", "12"), ("steps", "2"), ("testItems", "4")) with { Batch = 2 };
        cell.Parameters["attention"] = "none";
        var without = Run(new TimeSeriesTask(), cell);
        cell.Parameters["attention"] = "cell";
        Assert.True(without.Facts["parameters"] < Run(new TimeSeriesTask(), cell).Facts["parameters"]);
    }

    [Fact]
    public void Cells_ThatCannotRun_SayWhy()
    {
        static void Why(BenchTask task, Cell cell, string words) => Assert.Contains(words, task.WhyNot(cell) ?? "it can run", StringComparison.Ordinal);
        var series = Cell("cab/time-series", "noncausal-self", 48, ("horizon", "12"));
        Assert.Null(new TimeSeriesTask().WhyNot(series));
        Why(new TimeSeriesTask(), series with { Pattern = AttentionPattern.CausalSelf }, "CAB tests this backbone");
        Why(new TimeSeriesTask(), With(series, "attention", "none") with { Implementation = "local/blocked" }, BackboneAttention.Elsewhere);
        Why(new TimeSeriesTask(), With(series, "horizon", "9000"), "too few");
        Why(new TimeSeriesTask(), With(series, "scale", "huge"), "small or paper");
        Why(new TimeSeriesTask(), With(series, "set", "ETTh1"), "seasonal");
        Why(new TimeSeriesTask(), series with { Pattern = AttentionPattern.NoncausalCross, Length = 12 }, "decoder starts with 0");
        Why(new PointCompletionTask(), Cell("cab/point-completion", "noncausal-self", 8), "proxies");
        Why(new SuperResolutionTask(), Cell("cab/super-resolution", "noncausal-self", 785), "square number");
        Why(new SuperResolutionTask(), Cell("cab/super-resolution", "noncausal-cross", 784), "CAB tests this backbone");
    }

    private static Cell With(Cell cell, string name, string value) => cell with { Parameters = new(cell.Parameters) { [name] = value } };

    private static Cell Cell(string task, string pattern, int length, params (string Name, string Value)[] parameters)
    {
        var cell = new Cell
        {
            Task = task,
            Implementation = BackboneAttention.Elsewhere,
            Pattern = AttentionPatterns.All.First(one => one.Name == pattern),
            Length = length,
            Heads = 2,
            HeadSize = 8,
            Batch = 4,
        };
        cell.Parameters["data"] = "synthetic";
        foreach (var (name, value) in parameters)
        {
            cell.Parameters[name] = value;
        }

        return cell;
    }

    private static PartResult Run(BenchTask task, Cell cell)
    {
        Assert.Null(task.WhyNot(cell));
        var budget = new Budget();
        return task.Run(task.Parts(cell, budget)[0], new CellContext(cell, 1, budget, _ => { }));
    }

    private static double Metric(PartResult result, string name) => result.Metrics.Single(metric => metric.Name == name).Samples.Single();
}
