using Bench.Web.Api;
using Bench.Web.Features.Agents;
using Bench.Web.Features.Attempts;
using Bench.Web.Features.Catalogue;
using Bench.Web.Features.Cells;
using Bench.Web.Features.Changes;
using Bench.Web.Features.Compare;
using Bench.Web.Features.Curves;
using Bench.Web.Features.Exports;
using Bench.Web.Features.Home;
using Bench.Web.Features.Jobs;
using Bench.Web.Features.Parallel;
using Bench.Web.Features.Queue;
using Bench.Web.Features.Recall;
using Bench.Web.Features.Runs;
using Bench.Web.Features.Schedules;
using Bench.Web.Features.Suites;

namespace Bench.Web.Features;

/// <summary>The query classes that pages and endpoints share.</summary>
internal static class Queries
{
    /// <summary>Registers them. They open a context for each call, so that components of one page can read at the same time.</summary>
    public static void AddQueries(this WebApplicationBuilder builder)
    {
        builder.Services.AddScoped<CurvesQuery>().AddScoped<RecallQuery>().AddScoped<RunQuery>().AddScoped<RunsQuery>().AddScoped<AgentsQuery>();
        builder.Services.AddScoped<QueueQuery>().AddScoped<HomeQuery>().AddScoped<SuitesQuery>().AddScoped<CatalogueQuery>().AddScoped<BuildsQuery>();
        builder.Services.AddScoped<SchedulesQuery>().AddScoped<ChangesQuery>().AddScoped<VolumeQuery>().AddScoped<ComparisonQuery>().AddScoped<SidesQuery>();
        builder.Services.AddScoped<CellsQuery>().AddScoped<JobsQuery>();
        builder.Services.AddSingleton<ExportWriter>().AddHostedService(services => services.GetRequiredService<ExportWriter>());
        builder.Services.AddSingleton<WorkSignal>().AddSingleton<KnownTags>();
        builder.Services.AddSingleton<ResultBatches>().AddHostedService(services => services.GetRequiredService<ResultBatches>());
    }
}
