using System.Collections.Concurrent;
using System.Diagnostics;

namespace Bench.Suites.Training;

/// <summary>
/// Makes the batches of coming steps on a thread of its own. What a step gets does not depend on timing: batch s is a function of s alone.
/// </summary>
/// <typeparam name="TBatch">Plain arrays; no tensors, which belong to the thread that trains.</typeparam>
public sealed class BatchesAhead<TBatch> : IDisposable
    where TBatch : class
{
    private const int MostAhead = 8;

    private readonly BlockingCollection<TBatch> _ready = new(MostAhead);
    private readonly CancellationTokenSource _stop = new();
    private readonly Thread _maker;
    private readonly Stopwatch _waiting = new();
    private long _makingTicks;
    private Exception? _failure;

    /// <summary>Starts to make batches.</summary>
    /// <param name="make">Makes the batch of a step; called on the other thread.</param>
    /// <param name="firstStep">First step that will be asked for.</param>
    /// <param name="steps">Steps after the last one.</param>
    public BatchesAhead(Func<long, TBatch> make, long firstStep, long steps)
    {
        _maker = new Thread(() => Make(make, firstStep, steps)) { IsBackground = true, Name = "batches" };
        _maker.Start();
    }

    /// <summary>Seconds that the maker spent making.</summary>
    public double MakeSeconds => (double)Interlocked.Read(ref _makingTicks) / Stopwatch.Frequency;

    /// <summary>Seconds that <see cref="Next"/> waited.</summary>
    public double WaitSeconds => _waiting.Elapsed.TotalSeconds;

    /// <summary>The batch of the next step.</summary>
    /// <exception cref="InvalidOperationException">There is none left, or it could not be made; the cause is inside.</exception>
    public TBatch Next()
    {
        _waiting.Start();
        try
        {
            return _ready.Take();
        }
        catch (InvalidOperationException)
        {
            throw new InvalidOperationException(_failure is null ? "All batches were taken." : "A batch could not be made.", _failure);
        }
        finally
        {
            _waiting.Stop();
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _stop.Cancel();
        _maker.Join();
        _ready.Dispose();
        _stop.Dispose();
    }

    private void Make(Func<long, TBatch> make, long firstStep, long steps)
    {
        try
        {
            for (var step = firstStep; step < steps; step++)
            {
                var start = Stopwatch.GetTimestamp();
                var batch = make(step);
                Interlocked.Add(ref _makingTicks, Stopwatch.GetTimestamp() - start);
                _ready.Add(batch, _stop.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // Disposed: nobody wants the rest.
        }
        catch (Exception mistake)
        {
            // Top of the thread: the trainer gets it from Next.
            _failure = mistake;
        }
        finally
        {
            _ready.CompleteAdding();
        }
    }
}
