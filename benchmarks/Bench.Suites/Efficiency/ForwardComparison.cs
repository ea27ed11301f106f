using System.Diagnostics;
using Bench.Attention;
using Bench.Domain.Matrix;
using Bench.Domain.Results;
using Bench.Suites.Harness;
using static TorchSharp.torch;

namespace Bench.Suites.Efficiency;

/// <summary>
/// Forward time of implementations against a baseline. Passes alternate, implementation and baseline in turn, so that a busy machine slows both;
/// the best pass of each counts. With one thread the processor's time is taken, which a busy machine does not lengthen. Who fails the correctness gate
/// on this very shape, before or while it is timed, gets the reason instead of numbers. B = 1, float32, CPU.
/// </summary>
/// <param name="Pattern">The pattern.</param>
/// <param name="Length">N = M.</param>
/// <param name="Heads">H.</param>
/// <param name="HeadSize">D.</param>
/// <param name="Threads">Threads of torch and of our kernels.</param>
/// <param name="Passes">Timed passes of each.</param>
public sealed record ForwardComparison(AttentionPattern Pattern, int Length, int Heads, int HeadSize, int Threads, int Passes)
{
    /// <summary>A pass that would take longer than this many baseline passes is timed once.</summary>
    private const double Slow = 2;

    private const int Seed = 3;

    /// <summary>Compares one after the other, as the rows are asked for.</summary>
    /// <exception cref="CellFailedException">The baseline itself fails the correctness gate.</exception>
    public IEnumerable<ForwardRatio> Run(AttentionEntry baseline, IEnumerable<AttentionEntry> entries) =>
        Run(ForwardCandidate.Of(baseline), entries.Select(ForwardCandidate.Of));

    /// <summary>The same for modules that need not be in the catalogue.</summary>
    /// <exception cref="CellFailedException">The baseline itself fails the correctness gate.</exception>
    public IEnumerable<ForwardRatio> Run(ForwardCandidate baseline, IEnumerable<ForwardCandidate> candidates)
    {
        set_num_threads(Threads);
        using var reference = new Subject(baseline, this);
        reference.Time();
        var last = reference.Time();
        foreach (var candidate in candidates)
        {
            var row = Compare(reference, last, candidate);
            last = row.Reason is null ? reference.Last : last;
            yield return row;
        }
    }

    private ForwardRatio Compare(Subject reference, double before, ForwardCandidate candidate)
    {
        try
        {
            using var subject = new Subject(candidate, this);
            // The first pass compiles kernels and fills caches; the baseline stands before and after.
            var (own, theirs) = (subject.Time(), before);
            for (var pass = own > Slow * theirs ? Passes : 0; pass < Passes; pass++)
            {
                (own, theirs) = (Math.Min(own, subject.Time()), Math.Min(theirs, reference.Time()));
            }

            var (rate, baseRate) = (subject.Flops / own / 1e6, reference.Flops / theirs / 1e6);
            return new ForwardRatio(candidate.Implementation, own, theirs, theirs / own, rate, rate / baseRate);
        }
        catch (CellFailedException failure) when (failure.Failure.Class == FailureClass.Incorrect)
        {
            return new ForwardRatio(candidate.Implementation, Reason: $"incorrect: {failure.Message}", Incorrect: true);
        }
        catch (ArgumentException mistake)
        {
            return new ForwardRatio(candidate.Implementation, Reason: mistake.Message);
        }
    }

    /// <summary>An implementation behind the gate.</summary>
    private sealed class Subject : IDisposable
    {
        private readonly Workload _workload;
        private readonly CorrectnessGate _gate;
        private int _pass;

        /// <exception cref="ArgumentException">It cannot run the shape.</exception>
        /// <exception cref="CellFailedException">It fails the gate.</exception>
        public Subject(ForwardCandidate candidate, ForwardComparison comparison)
        {
            manual_seed(Seed);
            var settings = new AttentionSettings(comparison.Pattern, comparison.Heads, comparison.HeadSize) { MaxLength = comparison.Length };
            var shape = AttentionShape.Square(comparison.Pattern, 1, comparison.Heads, comparison.Length, comparison.HeadSize);
            var module = candidate.Build(settings);
            if ((module is AttentionLayer layer ? layer.WhyNot(shape) : ((AttentionOperator)module).WhyNot(shape)) is { } reason)
            {
                module.Dispose();
                throw new ArgumentException(reason);
            }

            _workload = Workload.Around(module, shape, Seed);
            try
            {
                _gate = CorrectnessGate.Pass(_workload, candidate.Implementation, new Dictionary<string, string>(), Seed);
            }
            catch
            {
                _workload.Dispose();
                throw;
            }
        }

        /// <summary>Useful operations of a pass.</summary>
        public double Flops => _workload.Cost.Flops;

        /// <summary>Milliseconds of the newest pass.</summary>
        public double Last { get; private set; }

        /// <summary>Milliseconds of one pass: of the processor with one thread, on the clock with more.</summary>
        /// <exception cref="CellFailedException">The pass gave other numbers than the checked one.</exception>
        public double Time()
        {
            using var scope = NewDisposeScope();
            using var nograd = no_grad();
            var set = _pass++;
            var (start, processor) = (Stopwatch.GetTimestamp(), ProcessorClock.Seconds());
            var output = _workload.Forward(set);
            Last = get_num_threads() == 1
                ? (ProcessorClock.Seconds() - processor) * 1000
                : Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            _gate.CheckRepetition(set, output);
            return Last;
        }

        public void Dispose() => _workload.Dispose();
    }
}

/// <summary>Something to compare: operators are timed as operators, layers as layers.</summary>
/// <param name="Implementation">Id of the implementation; the reference of its mechanism is what it must equal.</param>
/// <param name="Build">Makes the operator or layer; an <see cref="ArgumentException"/> says why it cannot.</param>
public sealed record ForwardCandidate(string Implementation, Func<AttentionSettings, nn.Module> Build)
{
    /// <summary>An implementation of the catalogue with its default options.</summary>
    public static ForwardCandidate Of(AttentionEntry entry) => new(
        entry.Id,
        settings => entry.IsLayer ? AttentionCatalogue.CreateLayer(entry.Id, settings) : AttentionCatalogue.CreateOperator(entry.Id, settings));
}

/// <summary>One implementation beside the baseline.</summary>
/// <param name="Implementation">Its id.</param>
/// <param name="Milliseconds">Its best pass.</param>
/// <param name="BaselineMilliseconds">The baseline's best pass in the same turns.</param>
/// <param name="TimesFaster">Baseline over implementation.</param>
/// <param name="GigaflopsPerSecond">Useful operations of the definition over time.</param>
/// <param name="ShareOfBaselineRate">That rate over the baseline's.</param>
/// <param name="Reason">Why there are no numbers, or null.</param>
/// <param name="Incorrect">Whether that is a failed correctness gate.</param>
public sealed record ForwardRatio(
    string Implementation,
    double Milliseconds = 0,
    double BaselineMilliseconds = 0,
    double TimesFaster = 0,
    double GigaflopsPerSecond = 0,
    double ShareOfBaselineRate = 0,
    string? Reason = null,
    bool Incorrect = false);
