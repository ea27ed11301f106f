using System.Reflection;
using Bench.Data;
using Bench.Web.Hosting;
using Microsoft.Data.Sqlite;
using Quartz;

namespace Bench.Web.Schedules;

/// <summary>Quartz with a persistent store: in the same PostgreSQL database and clustered, or in a file beside the embedded one.</summary>
internal static class ScheduleSetup
{
    /// <summary>Registers every schedule of the catalogue.</summary>
    public static void AddSchedules(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<ScheduleOptions>().BindConfiguration(ScheduleOptions.Section)
            .Validate(
                options => ScheduleCatalogue.All.All(entry => ScheduleCatalogue.CronOf(entry, options).Length > 0)
                    && options.Cron.Keys.All(name => ScheduleCatalogue.All.Any(entry => entry.Name == name)),
                $"Schedules:Cron names an unknown schedule. There are {string.Join(", ", ScheduleCatalogue.All.Select(entry => entry.Name))}.")
            .ValidateOnStart();
        builder.Services.AddScoped<ScheduleLog>();
        var options = builder.Configuration.GetSection(ScheduleOptions.Section).Get<ScheduleOptions>() ?? new ScheduleOptions();
        if (!options.Enabled)
        {
            return;
        }

        builder.Services.AddHostedService<LeaseSweeper>();
        var location = Storage.LocationOf(builder);
        builder.Services.AddQuartz(quartz =>
        {
            quartz.ConfigureScheduler(scheduler => scheduler.InstanceId = $"{Environment.MachineName}-{Environment.ProcessId}");
            quartz.UsePersistentStore(store =>
            {
                UseDatabase(store, location);
                store.ProvisionSchema();
                store.UseSystemTextJsonSerializer();
            });
            foreach (var entry in ScheduleCatalogue.All)
            {
                typeof(ScheduleSetup).GetMethod(nameof(Add), BindingFlags.NonPublic | BindingFlags.Static)!
                    .MakeGenericMethod(entry.JobType).Invoke(null, [quartz, entry, ScheduleCatalogue.CronOf(entry, options)]);
            }
        });
        builder.Services.AddQuartzHostedService(hosted => hosted.WaitForJobsToComplete = true);
    }

    private static void UseDatabase(IPersistentStoreBuilder store, DatabaseLocation location)
    {
        if (location.Kind == DatabaseKind.Postgres)
        {
            store.UsePostgres(location.ConnectionString);
            store.UseClustering(cluster => cluster.CheckinInterval = TimeSpan.FromSeconds(5));
            return;
        }

        // A file of its own, so that the scheduler's many small writes never wait for results.
        var beside = new SqliteConnectionStringBuilder(location.ConnectionString);
        beside.DataSource = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(beside.DataSource))!, "schedules.db");
        store.UseSqlite(beside.ToString());
    }

    private static void Add<T>(IQuartzBuilder quartz, ScheduleEntry entry, string cron)
        where T : class, IJob => quartz.ScheduleJob<T>(
            trigger => trigger.WithIdentity(entry.Name).WithCronSchedule(cron, schedule => schedule
                .WithMisfireInstruction(entry.Attribute.IsRecorded ? CronTriggerMisfireInstruction.FireAndProceed : CronTriggerMisfireInstruction.DoNothing)
                .InTimeZone(TimeZoneInfo.Utc)),
            job => job.WithIdentity(entry.Name));
}
