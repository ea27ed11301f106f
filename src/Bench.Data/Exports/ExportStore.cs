using System.Security.Cryptography;
using Bench.Data.Rows;
using Bench.Domain.Protocol;
using Microsoft.EntityFrameworkCore;

namespace Bench.Data.Exports;

/// <summary>Exports that are written in the background: taken by one server at a time, kept in pieces where every server can read them.</summary>
public sealed class ExportStore(BenchDbContext db, TimeProvider clock)
{
    /// <summary>Files are forgotten so long after they were asked for.</summary>
    public static TimeSpan Lifetime { get; } = TimeSpan.FromDays(1);

    private const int PieceBytes = 1 << 20;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    /// <summary>Notes a wish.</summary>
    public async Task<ExportRow> AddAsync(string format, string filter, string actor, CancellationToken cancellation = default)
    {
        var export = new ExportRow
        {
            Id = BenchId.New("exp", clock),
            Format = format,
            Filter = filter,
            State = ExportState.Waiting,
            RequestedBy = actor,
            CreatedAt = clock.Now(),
        };
        db.Exports.Add(export);
        await db.SaveChangesAsync(cancellation);
        return export;
    }

    /// <summary>One export; null when there is none or it was forgotten.</summary>
    public Task<ExportRow?> FindAsync(string id, CancellationToken cancellation = default) =>
        db.Exports.AsNoTracking().SingleOrDefaultAsync(row => row.Id == id, cancellation);

    /// <summary>Takes the oldest that nobody writes, or whose writer has died.</summary>
    public async Task<ExportRow?> TakeAsync(CancellationToken cancellation = default)
    {
        var now = clock.Now();
        var dead = now - Patience;
        var next = await db.Exports.AsNoTracking()
            .Where(row => row.State == ExportState.Waiting || (row.State == ExportState.Writing && row.StartedAt < dead))
            .OrderBy(row => row.Id).FirstOrDefaultAsync(cancellation);
        if (next is null)
        {
            return null;
        }

        // The condition is in the update, so that of two servers one gets it.
        var taken = await db.Exports.Where(row => row.Id == next.Id && row.State == next.State && row.StartedAt == next.StartedAt)
            .ExecuteUpdateAsync(set => set.SetProperty(row => row.State, ExportState.Writing).SetProperty(row => row.StartedAt, now), cancellation);
        if (taken == 0)
        {
            return null;
        }

        next.StartedAt = now;
        return next;
    }

    /// <summary>Keeps the file of a taken export.</summary>
    /// <param name="export">As <see cref="TakeAsync"/> gave it.</param>
    /// <param name="file">The whole file, from its beginning.</param>
    /// <param name="rows">Rows of the table.</param>
    /// <param name="cancellation">Ends the wait for the database.</param>
    public async Task KeepAsync(ExportRow export, Stream file, long rows, CancellationToken cancellation = default)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        await db.ExportPieces.Where(row => row.ExportId == export.Id).ExecuteDeleteAsync(cancellation);
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[PieceBytes];
        long size = 0;
        int read;
        for (var ordinal = 0; (read = await file.ReadAtLeastAsync(buffer, PieceBytes, throwOnEndOfStream: false, cancellation)) > 0; ordinal++)
        {
            digest.AppendData(buffer, 0, read);
            size += read;
            db.ExportPieces.Add(new ExportPieceRow { ExportId = export.Id, Ordinal = ordinal, Content = buffer[..read] });
            await db.SaveChangesAsync(cancellation);
            db.ChangeTracker.Clear();
        }

        var (now, sha) = (clock.Now(), Convert.ToHexStringLower(digest.GetHashAndReset()));
        await db.Exports.Where(row => row.Id == export.Id && row.StartedAt == export.StartedAt).ExecuteUpdateAsync(
            set => set.SetProperty(row => row.State, ExportState.Ready).SetProperty(row => row.EndedAt, now).SetProperty(row => row.RowCount, rows)
                .SetProperty(row => row.SizeBytes, size).SetProperty(row => row.Sha256, sha),
            cancellation);
        await transaction.CommitAsync(cancellation);
    }

    /// <summary>Notes that a taken export could not be written.</summary>
    public async Task FailAsync(ExportRow export, string message, CancellationToken cancellation = default)
    {
        var now = clock.Now();
        await db.Exports.Where(row => row.Id == export.Id && row.StartedAt == export.StartedAt).ExecuteUpdateAsync(
            set => set.SetProperty(row => row.State, ExportState.Failed).SetProperty(row => row.EndedAt, now).SetProperty(row => row.Message, message),
            cancellation);
    }

    /// <summary>Writes the file to a stream, piece by piece.</summary>
    public async Task CopyAsync(string id, Stream target, CancellationToken cancellation = default)
    {
        for (var ordinal = 0; ; ordinal++)
        {
            var piece = await db.ExportPieces.AsNoTracking().Where(row => row.ExportId == id && row.Ordinal == ordinal)
                .Select(row => row.Content).SingleOrDefaultAsync(cancellation);
            if (piece is null)
            {
                return;
            }

            await target.WriteAsync(piece, cancellation);
        }
    }

    /// <summary>Forgets old files.</summary>
    /// <returns>How many.</returns>
    public async Task<int> ForgetAsync(CancellationToken cancellation = default)
    {
        var before = clock.Now() - Lifetime;
        await db.ExportPieces.Where(piece => db.Exports.Any(row => row.Id == piece.ExportId && row.CreatedAt < before)).ExecuteDeleteAsync(cancellation);
        return await db.Exports.Where(row => row.CreatedAt < before).ExecuteDeleteAsync(cancellation);
    }
}
