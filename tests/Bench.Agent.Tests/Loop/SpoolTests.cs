using Bench.Agent.Loop;
using Bench.Domain.Protocol;
using Bench.Domain.Results;

namespace Bench.Agent.Tests.Loop;

public sealed class SpoolTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("spool").FullName;
    private readonly List<string> _warnings = [];

    [Fact]
    public void A_result_survives_the_process_that_wrote_it()
    {
        new Spool(_folder).Add(Result("res_1"));

        var waiting = new Spool(_folder).Waiting(_warnings.Add);

        Assert.Equal("res_1", Assert.Single(waiting).Submission.ResultId);
        Assert.Empty(_warnings);
    }

    [Fact]
    public void An_acknowledged_result_is_gone()
    {
        var spool = new Spool(_folder);
        spool.Add(Result("res_1"));
        spool.Add(Result("res_2"));

        spool.Acknowledge("res_1");

        Assert.Equal(["res_2"], spool.Waiting(_warnings.Add).Select(result => result.Submission.ResultId));
        Assert.Equal(1, spool.Depth);
    }

    [Fact]
    public void A_half_written_file_of_a_killed_process_is_no_result()
    {
        File.WriteAllText(Path.Combine(_folder, "res_1.json.tmp"), "{\"attemptId\":\"att");

        var spool = new Spool(_folder);

        Assert.Empty(spool.Waiting(_warnings.Add));
        Assert.Empty(Directory.EnumerateFiles(_folder));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"attemptId\":")]
    [InlineData("{\"attemptId\":\"att_1\",\"surprise\":1}")]
    [InlineData("null")]
    public void A_damaged_file_is_set_aside_and_named_and_the_others_are_still_sent(string damaged)
    {
        var spool = new Spool(_folder);
        spool.Add(Result("res_2"));
        File.WriteAllText(Path.Combine(_folder, "res_1.json"), damaged);

        var waiting = spool.Waiting(_warnings.Add);

        Assert.Equal("res_2", Assert.Single(waiting).Submission.ResultId);
        Assert.True(File.Exists(Path.Combine(_folder, "bad", "res_1.json")));
        Assert.Contains("res_1", Assert.Single(_warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void A_result_that_cannot_be_written_leaves_nothing_behind()
    {
        var spool = new Spool(_folder);
        Directory.CreateDirectory(Path.Combine(_folder, "res_1.json.tmp"));

        Assert.ThrowsAny<Exception>(() => spool.Add(Result("res_1")));

        Assert.Empty(spool.Waiting(_warnings.Add));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    internal static SpooledResult Result(string id) => new("att_1", new ResultSubmission
    {
        ResultId = id,
        LeaseToken = "token",
        Outcome = Outcome.Succeeded,
        Metrics = [MetricSamples.Of(Metric.TimeMs, 1.5, 1.25)],
        Environment = new RunEnvironment { ["os"] = "test" },
        StartedAt = DateTimeOffset.UnixEpoch,
        FinishedAt = DateTimeOffset.UnixEpoch.AddSeconds(1),
    });
}
