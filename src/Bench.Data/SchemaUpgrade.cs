using Microsoft.EntityFrameworkCore;

namespace Bench.Data;

/// <summary>Brings a database to the schema of this version.</summary>
public static class SchemaUpgrade
{
    private const long LockNumber = 0x62656e6368;

    /// <summary>
    /// Applies what is missing. On PostgreSQL an advisory lock makes concurrent upgrades wait for each other, so that each step runs once.
    /// </summary>
    /// <returns>Names of the applied migrations.</returns>
    public static async Task<IReadOnlyList<string>> ApplyAsync(string connectionString, CancellationToken cancellation = default)
    {
        await using var db = BenchDatabase.Open(connectionString);
        if (db.Kind != DatabaseKind.Postgres)
        {
            return await MigrateAsync(db, cancellation);
        }

        // The lock belongs to the connection, so the connection stays open; waiting for another upgrade may take long.
        db.Database.SetCommandTimeout(TimeSpan.FromMinutes(15));
        await db.Database.OpenConnectionAsync(cancellation);
        await db.Database.ExecuteSqlAsync($"select pg_advisory_lock({LockNumber})", cancellation);
        try
        {
            return await MigrateAsync(db, cancellation);
        }
        finally
        {
            await db.Database.ExecuteSqlAsync($"select pg_advisory_unlock({LockNumber})", CancellationToken.None);
        }
    }

    private static async Task<IReadOnlyList<string>> MigrateAsync(BenchDbContext db, CancellationToken cancellation)
    {
        var missing = (await db.Database.GetPendingMigrationsAsync(cancellation)).ToList();
        if (missing.Count > 0)
        {
            await db.Database.MigrateAsync(cancellation);
        }

        return missing;
    }
}
