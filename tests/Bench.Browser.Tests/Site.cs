using Bench.Data;
using Bench.Data.Rows;
using Bench.Data.Tests;
using Bench.Domain.Results;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Playwright;

[assembly: AssemblyFixture(typeof(Bench.Browser.Tests.Site))]

namespace Bench.Browser.Tests;

/// <summary>The real site on a local port over a filled database, a second one over an empty database, and a browser to look at both.</summary>
public sealed class Site : IAsyncLifetime
{
    private readonly List<WebApplicationFactory<Program>> _hosts = [];
    private readonly List<TestDatabase> _databases = [];
    private IPlaywright? _playwright;

    /// <summary>SQL commands of requests that ask to be counted.</summary>
    public CommandCount Commands { get; } = new();

    /// <summary>Browser shared by all tests.</summary>
    public IBrowser Browser { get; private set; } = null!;

    /// <summary>Address of the site with results.</summary>
    public Uri Full { get; private set; } = null!;

    /// <summary>Address of the site without any.</summary>
    public Uri Empty { get; private set; } = null!;

    /// <summary>Ids of runs to visit, by what they show.</summary>
    public IReadOnlyDictionary<string, string> Runs { get; private set; } = new Dictionary<string, string>();

    /// <summary>Replaces <c>{timed}</c>, <c>{repeated}</c>, <c>{trained}</c> and <c>{failed}</c> in a path by ids of such runs, and <c>{change}</c> by that of a change.</summary>
    public string Resolve(string path) => Runs.Aggregate(path, (text, run) => text.Replace($"{{{run.Key}}}", run.Value, StringComparison.Ordinal));

    /// <summary>A page of its own for one test.</summary>
    /// <param name="width">Width of the window in CSS pixels.</param>
    /// <param name="theme">light or dark.</param>
    /// <param name="script">Whether scripts run.</param>
    /// <param name="empty">Whether to visit the site without results.</param>
    public async Task<IPage> OpenAsync(int width = 1440, string theme = "light", bool script = true, bool empty = false)
    {
        var context = await Browser.NewContextAsync(new BrowserNewContextOptions
        {
            BaseURL = (empty ? Empty : Full).ToString(),
            ViewportSize = new ViewportSize { Width = width, Height = 900 },
            ColorScheme = theme == "dark" ? ColorScheme.Dark : ColorScheme.Light,
            JavaScriptEnabled = script,
        });
        return await context.NewPageAsync();
    }

    /// <summary>Folder where tests leave what they saw.</summary>
    public static string Pictures { get; } = Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, "screenshots")).FullName;

    /// <inheritdoc />
    public async ValueTask InitializeAsync()
    {
        var full = await TestDatabase.CreateAsync(DatabaseKind.Sqlite);
        await new Laboratory(full).FillAsync();
        Runs = await FindRunsAsync(full);
        Full = Start(full);
        Empty = Start(await TestDatabase.CreateAsync(DatabaseKind.Sqlite));

        _playwright = await Playwright.CreateAsync();
        Browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = FindChromium(),
            Headless = true,
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        });
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (Browser is not null)
        {
            await Browser.DisposeAsync();
        }

        _playwright?.Dispose();
        foreach (var host in _hosts)
        {
            await host.DisposeAsync();
        }

        foreach (var database in _databases)
        {
            await database.DisposeAsync();
        }
    }

    private static async Task<IReadOnlyDictionary<string, string>> FindRunsAsync(TestDatabase database)
    {
        await using var db = database.Open();
        async Task<string> Newest(Func<IQueryable<RunRow>, IQueryable<RunRow>> which) => await which(db.Runs).OrderByDescending(run => run.Id).Select(run => run.Id).FirstAsync();
        IQueryable<RunRow> Of(IQueryable<RunRow> runs, string task) => runs.Where(run => run.Outcome == Outcome.Succeeded && db.Cells.Any(cell => cell.Id == run.CellId && cell.Task == task));
        return new Dictionary<string, string>
        {
            ["timed"] = await Newest(runs => Of(runs, "efficiency/forward")),
            ["repeated"] = await Newest(runs => Of(runs, "efficiency/decode")),
            ["trained"] = await Newest(runs => Of(runs, "recall/mqar")),
            ["change"] = await db.Changes.Select(change => change.Id).FirstAsync(),
            ["failed"] = await Newest(runs => runs.Where(run => run.FailureClass == FailureClass.OutOfMemory)),
        };
    }

    private Uri Start(TestDatabase database)
    {
        _databases.Add(database);
        var host = new Host(database, Commands);
        host.UseKestrel(0);
        host.StartServer();
        _hosts.Add(host);
        return host.ClientOptions.BaseAddress;
    }

    private sealed class Host(TestDatabase database, CommandCount commands) : WebApplicationFactory<Program>
    {
        protected override void ConfigureWebHost(IWebHostBuilder builder)
        {
            builder.UseSetting("ConnectionStrings:Bench", database.ConnectionString);
            // The site lives at the time of its data: nothing in the queue is overdue, agents are as present as they were.
            builder.ConfigureTestServices(services => services.AddSingleton<TimeProvider>(database.Clock).AddSingleton<IStartupFilter>(commands)
                .ConfigureDbContext<BenchDbContext>(options => options.AddInterceptors(commands)));
            builder.ConfigureLogging(logging => logging.SetMinimumLevel(LogLevel.Warning));
        }
    }

    private static string FindChromium() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .SelectMany(folder => new[] { "chromium", "chromium-browser", "google-chrome" }.Select(name => Path.Combine(folder, name)))
            .FirstOrDefault(File.Exists)
        ?? throw new InvalidOperationException("No Chromium on the PATH. ./test installs it (apt-get install chromium).");
}
