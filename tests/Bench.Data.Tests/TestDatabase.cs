using Bench.Data.Agents;
using Bench.Data.Queue;
using Bench.Data.Results;
using Bench.Domain.Leasing;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Bench.Data.Tests;

/// <summary>An empty database of one kind with the schema of this version, and the stores on it. Each call opens its own context.</summary>
public sealed class TestDatabase : IAsyncDisposable
{
    private readonly string? _folder;

    private TestDatabase(string connectionString, string? folder)
    {
        ConnectionString = connectionString;
        _folder = folder;
    }

    /// <summary>Both kinds, for theories.</summary>
    public static TheoryData<DatabaseKind> Kinds { get; } = new(DatabaseKind.Sqlite, DatabaseKind.Postgres);

    /// <summary>Where it is.</summary>
    public string ConnectionString { get; }

    /// <summary>The clock of every store; stands still until it is moved.</summary>
    public StillClock Clock { get; } = new();

    /// <summary>The rules of every lease.</summary>
    public LeaseTerms Terms { get; } = LeaseTerms.Default;

    /// <summary>Makes a database and brings it to the present schema.</summary>
    public static async Task<TestDatabase> CreateAsync(DatabaseKind kind)
    {
        var database = await CreateEmptyAsync(kind);
        await SchemaUpgrade.ApplyAsync(database.ConnectionString);
        return database;
    }

    /// <summary>Makes a database on a given server and brings it to the present schema.</summary>
    public static async Task<TestDatabase> CreateAsync(PostgresCluster cluster)
    {
        var database = new TestDatabase(await cluster.CreateDatabaseAsync(), null);
        await SchemaUpgrade.ApplyAsync(database.ConnectionString);
        return database;
    }

    /// <summary>Makes a database without any table.</summary>
    public static async Task<TestDatabase> CreateEmptyAsync(DatabaseKind kind)
    {
        if (kind == DatabaseKind.Postgres)
        {
            return new TestDatabase(await PostgresCluster.Shared.CreateDatabaseAsync(), null);
        }

        var folder = Directory.CreateTempSubdirectory("bench-sqlite-").FullName;
        return new TestDatabase(BenchDatabase.SqliteIn(folder), folder);
    }

    /// <summary>A fresh context.</summary>
    public BenchDbContext Open() => BenchDatabase.Open(ConnectionString);

    /// <summary>Runs something on the queue.</summary>
    public async Task<T> QueueAsync<T>(Func<JobQueue, Task<T>> action)
    {
        await using var db = Open();
        return await action(new JobQueue(db, Clock, Terms));
    }

    /// <summary>Runs something on the suites.</summary>
    public async Task<T> SuitesAsync<T>(Func<SuiteStore, Task<T>> action)
    {
        await using var db = Open();
        return await action(new SuiteStore(db, Clock));
    }

    /// <summary>Runs something on the agents.</summary>
    public async Task<T> AgentsAsync<T>(Func<AgentStore, Task<T>> action)
    {
        await using var db = Open();
        return await action(new AgentStore(db, new KeyRing(db, Clock), Clock));
    }

    /// <summary>Runs something on the ingest.</summary>
    public async Task<T> ResultsAsync<T>(Func<ResultIngest, Task<T>> action)
    {
        await using var db = Open();
        return await action(new ResultIngest(db, Clock));
    }

    /// <summary>Sweeps once.</summary>
    public async Task<int> SweepAsync()
    {
        await using var db = Open();
        return await new LeaseSweep(db, Clock, Terms).RunAsync();
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync()
    {
        if (_folder is null)
        {
            NpgsqlConnection.ClearPool(new NpgsqlConnection(ConnectionString));
        }
        else
        {
            SqliteConnection.ClearPool(new SqliteConnection(ConnectionString));
            Directory.Delete(_folder, recursive: true);
        }

        return ValueTask.CompletedTask;
    }
}

/// <summary>A clock that moves only when told.</summary>
public sealed class StillClock : TimeProvider
{
    private long _ticks = new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero).Ticks;

    /// <summary>Lets time pass.</summary>
    public void Advance(TimeSpan time) => Interlocked.Add(ref _ticks, time.Ticks);

    /// <inheritdoc />
    public override DateTimeOffset GetUtcNow() => new(Interlocked.Read(ref _ticks), TimeSpan.Zero);
}
