using System.Data.Common;
using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Bench.Data.Tests;

public sealed class SchemaUpgradeTests
{
    public static TheoryData<DatabaseKind> Kinds => TestDatabase.Kinds;

    [Theory, MemberData(nameof(Kinds))]
    public async Task Migrations_bring_an_empty_database_to_the_model(DatabaseKind kind)
    {
        await using var test = await TestDatabase.CreateAsync(kind);
        await using var db = test.Open();

        Assert.Empty(await db.Database.GetPendingMigrationsAsync());
        Assert.False(db.Database.HasPendingModelChanges(), "the model changed; add a migration to both projects");
        Assert.Empty(await db.Runs.Take(1).ToListAsync());
    }

    [Fact]
    public async Task Servers_that_start_together_upgrade_once()
    {
        await using var test = await TestDatabase.CreateEmptyAsync(DatabaseKind.Postgres);

        var applied = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(() => SchemaUpgrade.ApplyAsync(test.ConnectionString))));

        Assert.Single(applied, names => names.Count > 0);
    }

    /// <summary>
    /// A rolling upgrade migrates first and replaces servers afterwards: for a while servers of the previous version read and write the new schema.
    /// So every table and column that they know must still be there with its type, and a row that names only those columns must still go in.
    /// </summary>
    [Theory, MemberData(nameof(Kinds))]
    public async Task Servers_of_the_previous_version_go_on_after_the_upgrade(DatabaseKind kind)
    {
        await using var test = await TestDatabase.CreateEmptyAsync(kind);
        await using var db = test.Open();
        var migrations = db.Database.GetMigrations().ToList();
        await db.GetService<IMigrator>().MigrateAsync(migrations[^2]);
        await db.Database.OpenConnectionAsync();
        await ExecuteAsync(db, kind == DatabaseKind.Postgres ? "set session_replication_role = replica" : "pragma foreign_keys = off");
        var known = await ColumnsAsync(db, kind);
        foreach (var (table, columns) in known)
        {
            await InsertAsync(db, table, columns, 1);
        }

        await SchemaUpgrade.ApplyAsync(test.ConnectionString);

        var present = await ColumnsAsync(db, kind);
        foreach (var (table, columns) in known)
        {
            Assert.True(present.ContainsKey(table), $"table {table} is gone");
            Assert.All(columns, column => Assert.Contains(present[table], now => (now.Name, now.Type) == (column.Name, column.Type)));
            Assert.Equal(1L, await CountAsync(db, table));
            await InsertAsync(db, table, columns, 2);
            Assert.Equal(2L, await CountAsync(db, table));
        }

        Assert.Empty(await db.Database.GetPendingMigrationsAsync());
    }

    private static async Task<Dictionary<string, List<Column>>> ColumnsAsync(BenchDbContext db, DatabaseKind kind)
    {
        await using var command = db.Database.GetDbConnection().CreateCommand();
        command.CommandText = kind == DatabaseKind.Postgres
            ? """
              select table_name, column_name, data_type, is_nullable = 'YES' or column_default is not null or is_identity = 'YES'
              from information_schema.columns where table_schema = 'public' and table_name <> '__EFMigrationsHistory' order by table_name, ordinal_position
              """
            : """
              select m.name, c.name, c.type, c."notnull" = 0 or c.dflt_value is not null or (c.pk = 1 and c.type = 'INTEGER' and (select max(k.pk) from pragma_table_info(m.name) k) = 1)
              from sqlite_master m join pragma_table_info(m.name) c
              where m.type = 'table' and m.name not like 'sqlite%' and m.name not like '\_\_EF%' escape '\' order by m.name, c.cid
              """;
        var tables = new Dictionary<string, List<Column>>();
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            var table = reader.GetString(0);
            tables.TryAdd(table, []);
            tables[table].Add(new Column(reader.GetString(1), reader.GetString(2), Convert.ToBoolean(reader.GetValue(3), CultureInfo.InvariantCulture)));
        }

        return tables;
    }

    /// <summary>A row with a value in every column that needs one; numbers tell rows apart.</summary>
    private static Task InsertAsync(BenchDbContext db, string table, List<Column> columns, int number)
    {
        var needed = columns.Where(column => !column.IsOptional).ToList();
        return ExecuteAsync(
            db, $"insert into {table} ({string.Join(", ", needed.Select(column => column.Name))}) values ({string.Join(", ", needed.Select(column => ValueOf(column.Type, number)))})");
    }

    private static string ValueOf(string type, int number) => type.ToLowerInvariant() switch
    {
        "integer" or "bigint" or "double precision" or "real" => number.ToString(CultureInfo.InvariantCulture),
        "boolean" => "false",
        "timestamp with time zone" => $"'2026-03-0{number}T12:00:00Z'",
        "jsonb" => "'{}'",
        "array" => "'{}'",
        "bytea" => "''",
        "blob" => "x''",
        _ => $"'{number}'",
    };

    private static async Task<long> CountAsync(BenchDbContext db, string table)
    {
        await using var command = db.Database.GetDbConnection().CreateCommand();
        command.CommandText = $"select count(*) from {table}";
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private static async Task ExecuteAsync(BenchDbContext db, string sql)
    {
        await using DbCommand command = db.Database.GetDbConnection().CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
    }

    private sealed record Column(string Name, string Type, bool IsOptional);
}
