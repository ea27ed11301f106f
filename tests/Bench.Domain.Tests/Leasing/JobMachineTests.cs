using Bench.Domain.Leasing;
using Bench.Domain.Results;

namespace Bench.Domain.Tests.Leasing;

public sealed class JobMachineTests
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly LeaseTerms Terms = LeaseTerms.Default;

    [Fact]
    public void Claimed_job_carries_a_lease_until_the_first_heartbeat_is_due()
    {
        var job = JobMachine.Claim(Waiting(), "att_1", "agt_1", Noon, Terms)!;

        Assert.Equal(JobState.Leased, job.State);
        Assert.Equal(Noon + Terms.Expiry, job.Lease!.ExpiresAt);
        Assert.Equal(Noon + Terms.MinimumHardLimit, job.Lease.HardLimitAt);
    }

    [Fact]
    public void Leased_job_cannot_be_claimed_again() =>
        Assert.Null(JobMachine.Claim(Leased(), "att_2", "agt_2", Noon, Terms));

    [Fact]
    public void Job_that_is_not_due_cannot_be_claimed() =>
        Assert.Null(JobMachine.Claim(Waiting() with { NotBefore = Noon.AddSeconds(1) }, "att_1", "agt_1", Noon, Terms));

    [Fact]
    public void Expired_lease_cannot_be_renewed()
    {
        var job = Leased();

        Assert.NotNull(JobMachine.Renew(job, "att_1", Noon + Terms.Expiry - TimeSpan.FromTicks(1), Terms));
        Assert.Null(JobMachine.Renew(job, "att_1", Noon + Terms.Expiry, Terms));
    }

    [Fact]
    public void Heartbeats_do_not_extend_the_hard_limit()
    {
        var job = Leased();
        for (var at = Noon; at < Noon + Terms.MinimumHardLimit; at += Terms.Heartbeat)
        {
            job = JobMachine.Renew(job, "att_1", at, Terms)!;
        }

        Assert.Null(JobMachine.Renew(job, "att_1", Noon + Terms.MinimumHardLimit, Terms));
        Assert.Equal(FailureClass.Timeout, JobMachine.Expire(job, Noon + Terms.MinimumHardLimit, Terms)!.Failure!.Class);
    }

    [Fact]
    public void Lost_agent_gives_the_job_back_at_once_and_after_three_losses_it_fails()
    {
        var job = Waiting();
        var now = Noon;
        for (var attempt = 1; attempt <= 3; attempt++)
        {
            job = JobMachine.Claim(job, $"att_{attempt}", "agt_1", now, Terms)!;
            now += Terms.Expiry;
            job = JobMachine.Expire(job, now, Terms)!;
            Assert.Equal(attempt < 3 ? JobState.Queued : JobState.Failed, job.State);
        }

        Assert.Equal(FailureClass.AgentLost, job.Failure!.Class);
    }

    [Theory]
    [InlineData(FailureClass.OutOfMemory)]
    [InlineData(FailureClass.Timeout)]
    [InlineData(FailureClass.Unsupported)]
    [InlineData(FailureClass.Incorrect)]
    [InlineData(FailureClass.Diverged)]
    [InlineData(FailureClass.InvalidJob)]
    public void Failure_that_is_a_result_is_not_repeated(FailureClass failure)
    {
        var decision = Fail(Leased(), failure);

        Assert.Equal(JobState.Failed, decision.Job.State);
        Assert.Equal(ResultVerdict.Counts, decision.Verdict);
    }

    [Fact]
    public void Crash_is_repeated_once_on_another_agent()
    {
        var job = Fail(Leased(), FailureClass.Crashed).Job;
        var later = job.NotBefore;

        Assert.Equal(JobState.Queued, job.State);
        Assert.Null(JobMachine.Claim(job, "att_2", "agt_1", later, Terms));
        var second = JobMachine.Claim(job, "att_2", "agt_2", later, Terms)!;
        Assert.Equal(JobState.Failed, Fail(second, FailureClass.Crashed, "att_2", "agt_2").Job.State);
    }

    [Fact]
    public void Job_that_a_stopping_agent_gives_back_is_not_charged()
    {
        var job = Fail(Leased(), FailureClass.Cancelled).Job;

        Assert.Equal(JobState.Queued, job.State);
        Assert.Equal(0, job.Charged);
    }

    [Fact]
    public void Late_success_counts_while_the_job_waits_again()
    {
        var waiting = JobMachine.Expire(Leased(), Noon + Terms.Expiry, Terms)!;

        var decision = JobMachine.Finish(waiting, "att_1", "agt_1", Outcome.Succeeded, null, Noon.AddMinutes(2));

        Assert.Equal((ResultVerdict.Counts, true), (decision.Verdict, decision.Late));
        Assert.Equal(JobState.Succeeded, decision.Job.State);
    }

    [Fact]
    public void Late_success_takes_the_lease_from_the_attempt_that_replaced_it()
    {
        var waiting = JobMachine.Expire(Leased(), Noon + Terms.Expiry, Terms)!;
        var again = JobMachine.Claim(waiting, "att_2", "agt_2", Noon.AddMinutes(1), Terms)!;

        var first = JobMachine.Finish(again, "att_1", "agt_1", Outcome.Succeeded, null, Noon.AddMinutes(2));
        var second = JobMachine.Finish(first.Job, "att_2", "agt_2", Outcome.Succeeded, null, Noon.AddMinutes(2));

        Assert.Equal("att_1", first.Job.FinalAttemptId);
        Assert.Null(JobMachine.Renew(first.Job, "att_2", Noon.AddMinutes(2), Terms));
        Assert.Equal(ResultVerdict.Superseded, second.Verdict);
    }

    [Fact]
    public void Late_failure_does_not_disturb_the_attempt_that_replaced_it()
    {
        var waiting = JobMachine.Expire(Leased(), Noon + Terms.Expiry, Terms)!;
        var again = JobMachine.Claim(waiting, "att_2", "agt_2", Noon.AddMinutes(1), Terms)!;

        var decision = Fail(again, FailureClass.OutOfMemory, "att_1");

        Assert.Equal(ResultVerdict.Recorded, decision.Verdict);
        Assert.Equal(again, decision.Job);
    }

    [Fact]
    public void Waiting_job_is_cancelled_at_once_and_a_running_one_when_its_attempt_ends()
    {
        Assert.Equal(JobState.Cancelled, JobMachine.Cancel(Waiting(), "ada")!.State);
        var running = JobMachine.Cancel(Leased(), "ada")!;
        Assert.True(running.CancelRequested);
        Assert.Equal(JobState.Cancelled, Fail(running, FailureClass.Cancelled).Job.State);
        Assert.Equal(JobState.Cancelled, JobMachine.Expire(running, Noon + Terms.Expiry, Terms)!.State);
    }

    [Fact]
    public void Agent_that_starts_anew_gives_up_its_own_lease_and_no_other()
    {
        Assert.Null(JobMachine.Abandon(Leased(), "agt_2", Noon));
        Assert.Null(JobMachine.Abandon(Waiting(), "agt_1", Noon));
        var job = JobMachine.Abandon(Leased(), "agt_1", Noon)!;

        Assert.Equal((JobState.Queued, 1), (job.State, job.Charged));
        Assert.NotNull(JobMachine.Claim(job, "att_2", "agt_1", Noon, Terms));
    }

    [Fact]
    public void Job_that_no_agent_takes_is_withdrawn_with_a_reason()
    {
        Assert.Null(JobMachine.Expire(Waiting(), Noon + Terms.QueueLimit - TimeSpan.FromSeconds(1), Terms));
        var job = JobMachine.Expire(Waiting(), Noon + Terms.QueueLimit, Terms)!;

        Assert.Equal(JobState.Cancelled, job.State);
        Assert.Contains("No agent took the job for 7 days", job.Failure!.Message, StringComparison.Ordinal);
    }

    private static JobSnapshot Waiting() => new() { State = JobState.Queued, QueuedAt = Noon, NotBefore = Noon };

    private static JobSnapshot Leased() => JobMachine.Claim(Waiting(), "att_1", "agt_1", Noon, Terms)!;

    private static ResultDecision Fail(JobSnapshot job, FailureClass failure, string attempt = "att_1", string agent = "agt_1") =>
        JobMachine.Finish(job, attempt, agent, Outcome.Failed, new Failure(failure, "It failed.", "Nothing."), Noon.AddSeconds(5));
}
