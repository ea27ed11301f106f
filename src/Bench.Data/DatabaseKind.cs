using Microsoft.EntityFrameworkCore;
using Microsoft.Data.Sqlite;

namespace Bench.Data;

/// <summary>Which database a connection string names.</summary>
public enum DatabaseKind
{
    /// <summary>A file; the default of <c>./bench up</c>.</summary>
    Sqlite,

    /// <summary>A server; for everything that more than one machine uses.</summary>
    Postgres,
}

/// <summary>Everything that depends on the kind of database, except the claim statement.</summary>
public static class BenchDatabase
{
    /// <summary>Migrations for PostgreSQL.</summary>
    public const string PostgresMigrations = "Bench.Migrations.Postgres";

    /// <summary>Migrations for SQLite.</summary>
    public const string SqliteMigrations = "Bench.Migrations.Sqlite";

    /// <summary>A string with <c>Host=</c> names a PostgreSQL server, everything else a SQLite file.</summary>
    public static DatabaseKind KindOf(string connectionString) =>
        connectionString.Contains("Host=", StringComparison.OrdinalIgnoreCase) ? DatabaseKind.Postgres : DatabaseKind.Sqlite;

    /// <summary>Connection string of an embedded database in a folder, which is created.</summary>
    public static string SqliteIn(string dataDirectory)
    {
        Directory.CreateDirectory(dataDirectory);
        return new SqliteConnectionStringBuilder { DataSource = Path.Combine(dataDirectory, "bench.db"), DefaultTimeout = 30 }.ToString();
    }

    /// <summary>A context of its own, outside dependency injection.</summary>
    public static BenchDbContext Open(string connectionString)
    {
        var options = new DbContextOptionsBuilder<BenchDbContext>();
        options.UseBench(connectionString);
        return new BenchDbContext(options.Options);
    }

    /// <summary>Points a context at the database.</summary>
    public static DbContextOptionsBuilder UseBench(this DbContextOptionsBuilder options, string connectionString)
    {
        if (KindOf(connectionString) == DatabaseKind.Postgres)
        {
            return options.UseNpgsql(connectionString, postgres => postgres.MigrationsAssembly(PostgresMigrations));
        }

        return options
            .UseSqlite(connectionString, sqlite => sqlite.MigrationsAssembly(SqliteMigrations))
            .AddInterceptors(SqlitePragmas.Instance);
    }
}
