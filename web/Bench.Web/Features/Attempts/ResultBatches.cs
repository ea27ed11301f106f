using System.Threading.Channels;
using Bench.Data.Results;

namespace Bench.Web.Features.Attempts;

/// <summary>
/// Stores results that arrive at the same time in one transaction. Nothing is acknowledged before its transaction is committed, and a batch that
/// fails is repeated one by one, so that a bad result harms only itself.
/// </summary>
internal sealed class ResultBatches(IServiceScopeFactory scopes, ILogger<ResultBatches> log) : BackgroundService
{
    private const int MaxBatch = 128;
    private const int Writers = 2;

    private readonly Channel<Waiting> _waiting = Channel.CreateBounded<Waiting>(1_024);

    /// <summary>Stores a result.</summary>
    /// <returns>When its transaction is committed.</returns>
    public async Task<IngestOutcome> StoreAsync(IngestItem item, CancellationToken cancellation)
    {
        var waiting = new Waiting(item, new TaskCompletionSource<IngestOutcome>(TaskCreationOptions.RunContinuationsAsynchronously));
        await _waiting.Writer.WriteAsync(waiting, cancellation);
        return await waiting.Done.Task.WaitAsync(cancellation);
    }

    /// <inheritdoc />
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(Enumerable.Range(0, Writers).Select(_ => Task.Run(() => WriteAsync(stoppingToken), CancellationToken.None)));

    private async Task WriteAsync(CancellationToken stopping)
    {
        try
        {
            while (await _waiting.Reader.WaitToReadAsync(stopping))
            {
                var batch = new List<Waiting>();
                while (batch.Count < MaxBatch && _waiting.Reader.TryRead(out var next))
                {
                    batch.Add(next);
                }

                await StoreAsync(batch);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The server stops. Who still waits is told so below, and sends again.
        }
        finally
        {
            while (_waiting.Reader.TryRead(out var left))
            {
                left.Done.TrySetCanceled(CancellationToken.None);
            }
        }
    }

    /// <summary>The senders may have gone; what is begun is finished.</summary>
    private async Task StoreAsync(List<Waiting> batch)
    {
        try
        {
            await using var scope = scopes.CreateAsyncScope();
            var ingest = scope.ServiceProvider.GetRequiredService<ResultIngest>();
            var outcomes = await ingest.StoreAsync([.. batch.Select(waiting => waiting.Item)], CancellationToken.None);
            for (var i = 0; i < batch.Count; i++)
            {
                batch[i].Done.TrySetResult(outcomes[i]);
            }
        }
#pragma warning disable CA1031 // Whatever went wrong belongs to the request that sent it, not to the writer.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            if (batch.Count == 1)
            {
                batch[0].Done.TrySetException(failure);
                return;
            }

            log.LogWarning(failure, "A batch of {Count} results failed; storing them one by one", batch.Count);
            foreach (var waiting in batch)
            {
                await StoreAsync([waiting]);
            }
        }
    }

    private sealed record Waiting(IngestItem Item, TaskCompletionSource<IngestOutcome> Done);
}
