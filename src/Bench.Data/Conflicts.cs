using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Bench.Data;

/// <summary>Two writers at the same rows: the later one looks again and decides anew.</summary>
public static class Conflicts
{
    private const int MaxConflicts = 10;

    /// <summary>Repeats a unit of work that lost a race. It must read everything that it decides on inside the action.</summary>
    public static async Task<T> RetryAsync<T>(this BenchDbContext db, Func<Task<T>> action)
    {
        for (var conflicts = 0; ; conflicts++)
        {
            db.ChangeTracker.Clear();
            try
            {
                return await action();
            }
            catch (DbUpdateException failure) when (conflicts < MaxConflicts && IsConflict(failure))
            {
            }
            catch (PostgresException failure) when (conflicts < MaxConflicts && IsConflict(failure))
            {
            }
            catch (InvalidOperationException failure) when (conflicts < MaxConflicts && failure.InnerException is not null && IsConflict(failure))
            {
                // The provider wraps what it takes for transient, a deadlock among others, once more.
            }
        }
    }

    /// <summary>A changed version, a row that appeared meanwhile, or a circle of waiting writers; not a broken connection or a full disk.</summary>
    private static bool IsConflict(Exception failure) => failure switch
    {
        DbUpdateConcurrencyException => true,
        PostgresException postgres => postgres.SqlState is PostgresErrorCodes.UniqueViolation or PostgresErrorCodes.DeadlockDetected
            or PostgresErrorCodes.SerializationFailure,
        Microsoft.Data.Sqlite.SqliteException { SqliteErrorCode: 19 } => true,
        { InnerException: { } inner } => IsConflict(inner),
        _ => false,
    };
}
