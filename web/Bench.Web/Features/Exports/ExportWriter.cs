using System.Data.Common;
using Bench.Data.Exports;
using Bench.Data.Rows;
using Bench.Domain.Protocol;
using Bench.Web.Exports;
using Bench.Web.Features.Runs;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.EntityFrameworkCore;

namespace Bench.Web.Features.Exports;

/// <summary>Writes the exports that wait, one at a time on each server.</summary>
internal sealed class ExportWriter(IServiceScopeFactory scopes, ILogger<ExportWriter> log) : BackgroundService
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(10);
    private readonly SemaphoreSlim _wish = new(0);

    /// <summary>Something waits; it need not wait for the next look.</summary>
    public void Wake() => _wish.Release();

    /// <inheritdoc />
    public override void Dispose()
    {
        _wish.Dispose();
        base.Dispose();
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                while (await WriteOneAsync(stoppingToken))
                {
                }

                await _wish.WaitAsync(LookAgain, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // The top of a loop that must not end before the server does: the export is begun again later.
            catch (Exception failure)
#pragma warning restore CA1031
            {
                log.LogWarning(failure, "The database did not take an export, or did not say which wait");
                await _wish.WaitAsync(LookAgain, CancellationToken.None);
            }
        }
    }

    private async Task<bool> WriteOneAsync(CancellationToken cancellation)
    {
        await using var scope = scopes.CreateAsyncScope();
        var exports = scope.ServiceProvider.GetRequiredService<ExportStore>();
        if (await exports.TakeAsync(cancellation) is not { } export)
        {
            return false;
        }

        try
        {
            await WriteAsync(export, exports, scope.ServiceProvider.GetRequiredService<RunsQuery>(), cancellation);
        }
        catch (Exception failure) when (failure is not (OperationCanceledException or DbException or DbUpdateException or TimeoutException))
        {
            log.LogError(failure, "Export {Id} could not be written", export.Id);
            await exports.FailAsync(export, "The server could not write the file. Tell a maintainer; the log says why.", cancellation);
        }

        return true;
    }

    private static async Task WriteAsync(ExportRow export, ExportStore exports, RunsQuery runs, CancellationToken cancellation)
    {
        var filter = RunFilters.Read(new QueryCollection(QueryHelpers.ParseQuery(export.Filter)), new List<WireMistake>());
        var rows = new Counted<RunExport>(runs.ExportAsync(filter, cancellation));
        await using var file = ExportFiles.Temporary();
        await new ExportResult<RunExport>("runs", Enum.Parse<ExportFormat>(export.Format, ignoreCase: true), RunsQuery.Columns, rows.All())
            .WriteAsync(file, cancellation);
        file.Position = 0;
        await exports.KeepAsync(export, file, rows.Count, cancellation);
    }

    private sealed class Counted<T>(IAsyncEnumerable<T> items)
    {
        public long Count { get; private set; }

        public async IAsyncEnumerable<T> All()
        {
            await foreach (var item in items)
            {
                Count++;
                yield return item;
            }
        }
    }
}
