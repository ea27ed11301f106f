using Microsoft.EntityFrameworkCore;
using Microsoft.Data.Sqlite;
using Npgsql;

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

    private const int PreparedStatements = 200;

    /// <summary>Of one server. More would not make the database faster, only its plans and caches colder; who finds none free waits in line.</summary>
    private const int Connections = 24;

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
            return options.UseNpgsql(Tuned(connectionString), postgres => postgres.MigrationsAssembly(PostgresMigrations));
        }

        return options
            .UseSqlite(connectionString, sqlite => sqlite.MigrationsAssembly(SqliteMigrations))
            .AddInterceptors(SqlitePragmas.Instance);
    }

    /// <summary>
    /// Statements that come again and again are planned once for each connection, and there are few connections. A pooler that cannot keep
    /// prepared statements needs <c>Max Auto Prepare=0</c> in the connection string, which wins, as does <c>Maximum Pool Size</c>.
    /// </summary>
    private static string Tuned(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString);
        if (!settings.ShouldSerialize("Max Auto Prepare"))
        {
            settings.MaxAutoPrepare = PreparedStatements;
        }

        if (!settings.ShouldSerialize("Maximum Pool Size"))
        {
            settings.MaxPoolSize = Connections;
        }

        // Nothing here leaves settings in a session, so a connection need not be cleaned each time it goes back to the pool.
        settings.NoResetOnClose = true;

        return settings.ToString();
    }
}
