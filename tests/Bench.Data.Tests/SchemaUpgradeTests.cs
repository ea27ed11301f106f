using Microsoft.EntityFrameworkCore;

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
}
