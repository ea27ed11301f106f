using Bench.Data;
using Microsoft.EntityFrameworkCore.Design;

namespace Bench.Migrations.Sqlite;

/// <summary>Gives <c>dotnet ef</c> the model; it does not connect.</summary>
public sealed class DesignTimeFactory : IDesignTimeDbContextFactory<BenchDbContext>
{
    /// <inheritdoc />
    public BenchDbContext CreateDbContext(string[] args) => BenchDatabase.Open("Data Source=design.db");
}
