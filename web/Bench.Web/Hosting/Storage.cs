using Bench.Data;
using Bench.Data.Agents;
using Bench.Data.Changes;
using Bench.Data.Exports;
using Bench.Data.Queue;
using Bench.Data.Results;
using Bench.Web.Auth;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Bench.Web.Hosting;

/// <summary>The database: which one, brought up to date, and the stores on it.</summary>
internal static class Storage
{
    /// <summary>Name of the connection string.</summary>
    public const string ConnectionName = "Bench";

    /// <summary>Registers the context and the stores.</summary>
    public static void AddStorage(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<BenchOptions>().BindConfiguration(BenchOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        if (builder.Configuration.GetValue<bool>($"{BenchOptions.Section}:{nameof(BenchOptions.EndWithInput)}"))
        {
            builder.Services.AddHostedService<EndWithInput>();
        }

        builder.Services.AddOptions<LeaseOptions>().BindConfiguration(LeaseOptions.Section).ValidateDataAnnotations()
            .Validate(leases => leases.Expiry >= 2 * leases.Heartbeat, "Leases:Expiry must be at least twice Leases:Heartbeat.").ValidateOnStart();
        builder.Services.TryAddClock();
        builder.Services.AddSingleton(LocationOf(builder));
        builder.Services.AddPooledDbContextFactory<BenchDbContext>(
            (services, options) => options.UseBench(services.GetRequiredService<DatabaseLocation>().ConnectionString));
        builder.Services.AddScoped(services => services.GetRequiredService<IDbContextFactory<BenchDbContext>>().CreateDbContext());
        builder.Services.AddSingleton(services => services.GetRequiredService<IOptions<LeaseOptions>>().Value.ToTerms());
        builder.Services.AddScoped<KeyRing>().AddScoped<AgentStore>().AddScoped<JobQueue>().AddScoped<SuiteStore>().AddScoped<ChangeSearch>().AddScoped<ChangeStore>();
        builder.Services.AddScoped<LeaseSweep>().AddScoped<ResultIngest>().AddScoped<ExportStore>();
    }

    /// <summary>
    /// Brings an embedded database up to date. A PostgreSQL schema is changed by its own program, so that the site needs no right to do so; here
    /// it is only checked.
    /// </summary>
    public static async Task PrepareStorageAsync(this WebApplication app)
    {
        var location = app.Services.GetRequiredService<DatabaseLocation>();
        if (location.Kind == DatabaseKind.Sqlite)
        {
            await SchemaUpgrade.ApplyAsync(location.ConnectionString);
        }

        await using var scope = app.Services.CreateAsyncScope();
        await RequireSchemaAsync(scope.ServiceProvider.GetRequiredService<BenchDbContext>());
        var options = scope.ServiceProvider.GetRequiredService<IOptions<BenchOptions>>().Value;
        foreach (var code in options.EnrollmentCode.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var expires = scope.ServiceProvider.GetRequiredService<TimeProvider>().Now() + options.EnrollmentCodeLifetime;
            await scope.ServiceProvider.GetRequiredService<AgentStore>().SeedCodeAsync(code, "system", expires);
        }

        await scope.ServiceProvider.GetRequiredService<Accounts>()
            .SeedAsync(scope.ServiceProvider.GetRequiredService<IOptions<AccountOptions>>().Value);
        await scope.ServiceProvider.GetRequiredService<LeaseSweep>().RunAsync();
    }

    private static async Task RequireSchemaAsync(BenchDbContext db)
    {
        if (db.Kind == DatabaseKind.Sqlite)
        {
            return;
        }

        var applied = (await db.Database.GetAppliedMigrationsAsync()).ToList();
        if (applied.Count == 0)
        {
            throw new InvalidOperationException(
                "The PostgreSQL database has no tables yet. Run 'dotnet run --project migrations/Bench.Migrations.Postgres' with the same "
                + "ConnectionStrings__Bench first.");
        }
    }

    /// <summary>The database that the configuration names: the connection string, otherwise a file in the data folder.</summary>
    public static DatabaseLocation LocationOf(WebApplicationBuilder builder)
    {
        if (builder.Configuration.GetConnectionString(ConnectionName) is { Length: > 0 } given)
        {
            return new DatabaseLocation(given);
        }

        var options = builder.Configuration.GetSection(BenchOptions.Section).Get<BenchOptions>() ?? new BenchOptions();
        return new DatabaseLocation(BenchDatabase.SqliteIn(options.ResolveDataDirectory(builder.Environment.ContentRootPath)));
    }

    private static void TryAddClock(this IServiceCollection services)
    {
        if (services.All(service => service.ServiceType != typeof(TimeProvider)))
        {
            services.AddSingleton(TimeProvider.System);
        }
    }
}

/// <summary>Where the database is.</summary>
/// <param name="ConnectionString">Connection string.</param>
internal sealed record DatabaseLocation(string ConnectionString)
{
    /// <summary>Which kind it is.</summary>
    public DatabaseKind Kind => BenchDatabase.KindOf(ConnectionString);
}
