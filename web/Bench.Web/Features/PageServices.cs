using Bench.Web.Features.Advisor;
using Bench.Web.Features.Curves;
using Bench.Web.Features.Drawings;
using Bench.Web.Features.Leaderboards;
using Bench.Web.Features.Recall;
using Bench.Web.Features.Status;

namespace Bench.Web.Features;

/// <summary>What only the pages need: statistics that are computed once, and readers of their own.</summary>
internal static class PageServices
{
    /// <summary>Registers the pages and what they read.</summary>
    public static void AddPages(this WebApplicationBuilder builder)
    {
        builder.Services.AddRazorComponents();
        builder.Services.AddResponseCompression(options =>
        {
            options.EnableForHttps = true;
            // Pages carry no secret of their reader beside text that others choose, so compressing them gives nothing away.
            options.MimeTypes = ["text/html", "image/svg+xml"];
        });
        builder.Services.AddMemoryCache();
        builder.Services.AddScoped<SeriesLook>().AddScoped<CurveStatistics>().AddScoped<CurveSheetQuery>();
        builder.Services.AddScoped<StatusQuery>().AddScoped<AdviceQuery>().AddScoped<BoardQuery>().AddScoped<TaskScores>().AddScoped<SmallIndexQuery>().AddScoped<SvgFile>().AddScoped<PageViews>().AddScoped<RecallCharts>().AddScoped<LearningCurvesQuery>();
    }

    /// <summary>Answers unknown addresses with a page; what the API answers itself stays as it is, so this goes before it.</summary>
    public static void UsePages(this WebApplication app)
    {
        app.UseResponseCompression();
        app.UseStatusCodePagesWithReExecute("/not-found", createScopeForStatusCodePages: true);
    }
}
