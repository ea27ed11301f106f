using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Bench.Data.Tests;

public sealed class DatabaseKindTests
{
    [Fact]
    public void Statements_are_prepared_and_connections_few_unless_the_connection_string_says_otherwise()
    {
        var tuned = Settings("Host=db;Database=bench");
        var given = Settings("Host=db;Database=bench;Max Auto Prepare=0;Maximum Pool Size=7");

        Assert.True(tuned.MaxAutoPrepare > 0);
        Assert.InRange(tuned.MaxPoolSize, 8, 50);
        Assert.Equal((0, 7), (given.MaxAutoPrepare, given.MaxPoolSize));
    }

    private static NpgsqlConnectionStringBuilder Settings(string connectionString)
    {
        using var db = BenchDatabase.Open(connectionString);
        return new NpgsqlConnectionStringBuilder(db.Database.GetConnectionString());
    }
}
