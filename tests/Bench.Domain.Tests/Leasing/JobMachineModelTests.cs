using Bench.Domain.Leasing;
using Bench.Domain.Results;
using CsCheck;

namespace Bench.Domain.Tests.Leasing;

/// <summary>
/// Random sequences of everything that can happen to one job: four agents that claim, beat, report, die and come back late, a maintainer who
/// cancels, a sweep, and a clock that jumps. After each step the laws of the queue must hold.
/// </summary>
public sealed class JobMachineModelTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly LeaseTerms Terms = LeaseTerms.Default;

    private static readonly Gen<Step> Steps = Gen.Select(
        Gen.Enum<Move>(), Gen.Int[0, 3], Gen.Int[0, 30], Gen.Enum<FailureClass>(), Gen.OneOf(Gen.Int[0, 12], Gen.Int[0, 400], Gen.Int[0, 100_000]),
        (move, agent, attempt, failure, seconds) => new Step(move, agent, attempt, failure, seconds));

    [Fact]
    public void Every_sequence_of_events_keeps_the_laws_of_the_queue() =>
        Steps.Array[1, 60].Sample(Play, iter: 20_000);

    [Fact]
    public void A_job_that_everybody_forgets_ends_after_its_deadlines() =>
        Steps.Array[0, 40].Sample(
            steps =>
            {
                var world = new World();
                foreach (var step in steps)
                {
                    world.Apply(step);
                }

                // No agent speaks any more: a lease expires, the job waits, and the wait ends too.
                for (var sweeps = 0; sweeps < 3 && !world.Job.IsFinal; sweeps++)
                {
                    world.Now = world.Job.Deadline(Terms)!.Value;
                    world.Apply(new Step(Move.Sweep, 0, 0, default, 0));
                }

                Assert.True(world.Job.IsFinal, $"{world.Job.State} after all deadlines passed");
            },
            iter: 10_000);

    private static void Play(Step[] steps)
    {
        var world = new World();
        foreach (var step in steps)
        {
            var before = world.Job;
            world.Apply(step);
            world.Check(before, step);
        }
    }

    private enum Move
    {
        Claim,
        Beat,
        Succeed,
        Fail,
        Sweep,
        Restart,
        Cancel,
        Wait,
    }

    private sealed record Step(Move Move, int Agent, int Attempt, FailureClass Failure, int Seconds);

    private sealed class World
    {
        private readonly List<(string Attempt, string Agent)> _attempts = [];
        private readonly HashSet<string> _counted = [];

        public JobSnapshot Job { get; private set; } = new() { State = JobState.Queued, QueuedAt = Start, NotBefore = Start };

        public DateTimeOffset Now { get; set; } = Start;

        public void Apply(Step step)
        {
            var agent = $"agt_{step.Agent}";
            switch (step.Move)
            {
                case Move.Claim:
                    var attempt = $"att_{_attempts.Count}";
                    if (JobMachine.Claim(Job, attempt, agent, Now, Terms) is { } claimed)
                    {
                        _attempts.Add((attempt, agent));
                        Job = claimed;
                    }

                    break;
                case Move.Beat when Known(step) is { } held:
                    Job = JobMachine.Renew(Job, held.Attempt, Now, Terms) ?? Job;
                    break;
                case Move.Succeed when Known(step) is { } held:
                    Report(held, Outcome.Succeeded, null);
                    break;
                case Move.Fail when Known(step) is { } held:
                    Report(held, Outcome.Failed, new Failure(step.Failure, "It failed.", "Nothing."));
                    break;
                case Move.Sweep:
                    Job = JobMachine.Expire(Job, Now, Terms) ?? Job;
                    break;
                case Move.Restart:
                    Job = JobMachine.Abandon(Job, agent, Now) ?? Job;
                    break;
                case Move.Cancel:
                    Job = JobMachine.Cancel(Job, "ada") ?? Job;
                    break;
                case Move.Wait:
                    Now = Now.AddSeconds(step.Seconds);
                    break;
                default:
                    break;
            }
        }

        public void Check(JobSnapshot before, Step step)
        {
            Assert.Equal(Job.State is JobState.Leased or JobState.Running, Job.Lease is not null);
            Assert.Equal(Job.IsFinal, Job.Deadline(Terms) is null);
            Assert.InRange(Job.Charged, 0, 3);
            Assert.True(Job.Charged <= Job.Attempts, "charged for an attempt that never was");
            Assert.True(_counted.Count <= 1 || Job.State == JobState.Succeeded, "two results count");
            if (before.State == JobState.Succeeded)
            {
                Assert.Equal(before, Job);
            }

            if (before.IsFinal && before.State != JobState.Succeeded && Job != before)
            {
                // The one way out of a final state: the numbers came after all.
                Assert.Equal((JobState.Succeeded, Move.Succeed), (Job.State, step.Move));
            }

            if (before.Lease is { } old && Job.Lease is { } now && old.AttemptId != now.AttemptId)
            {
                Assert.Fail("a lease passed from one attempt to another without an end between");
            }

            if (Job.State == JobState.Failed)
            {
                Assert.False(RetryRule.Retries(Job.Failure!.Class, Job.Charged), $"gave up a {Job.Failure.Class} after {Job.Charged}");
            }
        }

        private void Report((string Attempt, string Agent) held, Outcome outcome, Failure? failure)
        {
            var decision = JobMachine.Finish(Job, held.Attempt, held.Agent, outcome, failure, Now);
            if (decision.Verdict == ResultVerdict.Counts && outcome == Outcome.Succeeded)
            {
                Assert.Null(Job.State == JobState.Succeeded ? Job : null);
                _counted.Add(held.Attempt);
            }

            if (decision.Verdict == ResultVerdict.Superseded)
            {
                Assert.Equal(JobState.Succeeded, Job.State);
            }

            Job = decision.Job;
        }

        private (string Attempt, string Agent)? Known(Step step) => _attempts.Count == 0 ? null : _attempts[step.Attempt % _attempts.Count];
    }
}
