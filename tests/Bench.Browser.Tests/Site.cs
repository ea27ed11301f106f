using Bench.Data;
using Bench.Data.Tests;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
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

    /// <summary>Browser shared by all tests.</summary>
    public IBrowser Browser { get; private set; } = null!;

    /// <summary>Address of the site with results.</summary>
    public Uri Full { get; private set; } = null!;

    /// <summary>Address of the site without any.</summary>
    public Uri Empty { get; private set; } = null!;

    /// <summary>Folder where tests leave what they saw.</summary>
    public static string Pictures { get; } = Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, "screenshots")).FullName;

    /// <inheritdoc />
    public async ValueTask InitializeAsync()
    {
        var full = await TestDatabase.CreateAsync(DatabaseKind.Sqlite);
        await new Laboratory(full).FillAsync();
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

    private Uri Start(TestDatabase database)
    {
        _databases.Add(database);
        var host = new Host(database.ConnectionString);
        host.UseKestrel(0);
        host.StartServer();
        _hosts.Add(host);
        return host.ClientOptions.BaseAddress;
    }

    private sealed class Host(string connection) : WebApplicationFactory<Program>
    {
        protected override void ConfigureWebHost(IWebHostBuilder builder)
        {
            builder.UseSetting("ConnectionStrings:Bench", connection);
            builder.ConfigureLogging(logging => logging.SetMinimumLevel(LogLevel.Warning));
        }
    }

    private static string FindChromium() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .SelectMany(folder => new[] { "chromium", "chromium-browser", "google-chrome" }.Select(name => Path.Combine(folder, name)))
            .FirstOrDefault(File.Exists)
        ?? throw new InvalidOperationException("No Chromium on the PATH. ./test installs it (apt-get install chromium).");
}
