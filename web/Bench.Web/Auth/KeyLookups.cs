using System.Collections.Concurrent;
using Bench.Data;
using Bench.Data.Rows;
using Microsoft.EntityFrameworkCore;

namespace Bench.Web.Auth;

/// <summary>
/// Reads the rows of keys. Requests that ask while a read is under way share the next one, so that a thousand requests a second cost a few dozen
/// reads; a read never begins before the request that it answers, so that a revoked key stops at once.
/// </summary>
internal sealed class KeyLookups(IDbContextFactory<BenchDbContext> contexts)
{
    private const int MaxBatch = 256;

    private readonly ConcurrentQueue<Waiting> _waiting = new();
    private int _readers;

    /// <summary>The row of a key's public part; null when there is none.</summary>
    public Task<ApiKeyRow?> FindAsync(string id)
    {
        var waiting = new Waiting(id, new TaskCompletionSource<ApiKeyRow?>(TaskCreationOptions.RunContinuationsAsynchronously));
        _waiting.Enqueue(waiting);
        if (Interlocked.Increment(ref _readers) == 1)
        {
            _ = Task.Run(ReadAllAsync);
        }

        return waiting.Row.Task;
    }

    /// <summary>One reader at a time; it goes on as long as somebody came meanwhile.</summary>
    private async Task ReadAllAsync()
    {
        int seen;
        do
        {
            seen = Volatile.Read(ref _readers);
            while (!_waiting.IsEmpty)
            {
                await ReadAsync();
            }
        }
        while (Interlocked.CompareExchange(ref _readers, 0, seen) != seen);
    }

    private async Task ReadAsync()
    {
        var batch = new List<Waiting>();
        while (batch.Count < MaxBatch && _waiting.TryDequeue(out var next))
        {
            batch.Add(next);
        }

        try
        {
            var ids = batch.Select(waiting => waiting.Id).Distinct().ToArray();
            await using var db = await contexts.CreateDbContextAsync();
            var rows = await db.ApiKeys.AsNoTracking().Where(row => ids.Contains(row.Id)).ToDictionaryAsync(row => row.Id, StringComparer.Ordinal);
            batch.ForEach(waiting => waiting.Row.SetResult(rows.GetValueOrDefault(waiting.Id)));
        }
#pragma warning disable CA1031 // Whatever went wrong belongs to the requests that asked, not to the reader.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            batch.ForEach(waiting => waiting.Row.TrySetException(failure));
        }
    }

    private sealed record Waiting(string Id, TaskCompletionSource<ApiKeyRow?> Row);
}
