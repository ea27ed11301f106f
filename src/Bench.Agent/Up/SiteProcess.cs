using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Bench.Agent.Client;

namespace Bench.Agent.Up;

/// <summary>The site as a child of <c>bench up</c>: it ends when its standard input ends, so it cannot outlive its parent.</summary>
internal sealed class SiteProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(15);
    private readonly Process _process;
    private readonly StreamWriter _log;

    private SiteProcess(Process process, StreamWriter log, Uri address)
    {
        (_process, _log, Address) = (process, log, address);
    }

    /// <summary>Where the site answers.</summary>
    public Uri Address { get; }

    /// <summary>Starts the site and waits until it is ready.</summary>
    /// <param name="dataDirectory">Where the embedded database lives.</param>
    /// <param name="port">Wished port; the next free one is taken.</param>
    /// <param name="enrollmentCode">One-time codes, separated by spaces, that the site shall accept once each.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    /// <param name="settings">Further configuration of the site, by the names of environment variables.</param>
    /// <exception cref="FileNotFoundException">The site was not built.</exception>
    /// <exception cref="TimeoutException">It did not become ready; the message names the log.</exception>
    public static async Task<SiteProcess> StartAsync(
        string dataDirectory, int port, string enrollmentCode, CancellationToken cancellation, IReadOnlyDictionary<string, string>? settings = null)
    {
        var assembly = Sibling("Bench.Web");
        var address = new Uri($"http://localhost:{FreePort(port)}/");
        Directory.CreateDirectory(dataDirectory);
        var logPath = Path.Combine(dataDirectory, "site.log");
        var log = new StreamWriter(logPath, append: false) { AutoFlush = true };
        var start = new ProcessStartInfo("dotnet", [assembly])
        {
            WorkingDirectory = Path.GetDirectoryName(assembly),
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.Environment["ASPNETCORE_URLS"] = address.ToString().TrimEnd('/');
        start.Environment["Bench__DataDirectory"] = dataDirectory;
        start.Environment["Bench__EnrollmentCode"] = enrollmentCode;
        start.Environment["Bench__EndWithInput"] = "true";
        foreach (var (name, value) in settings ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        var process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, line) => Keep(log, line.Data);
        process.ErrorDataReceived += (_, line) => Keep(log, line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var site = new SiteProcess(process, log, address);
        try
        {
            await site.WaitUntilReadyAsync(logPath, cancellation);
            return site;
        }
        catch
        {
            await site.DisposeAsync();
            throw;
        }
    }

    /// <summary>Path of another program of this build, beside ours.</summary>
    /// <exception cref="FileNotFoundException">It was not built.</exception>
    public static string Sibling(string project)
    {
        // artifacts/bin/<project>/<configuration>/<project>.dll
        var own = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        var path = Path.Combine(own.Parent!.Parent!.FullName, project, own.Name, project + ".dll");
        return File.Exists(path)
            ? path
            : throw new FileNotFoundException($"{project} is not built. Run ./bench, which builds everything, or: dotnet build -c Release");
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.StandardInput.Close();
            using var limit = new CancellationTokenSource(StopLimit);
            try
            {
                await _process.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                _process.Kill(entireProcessTree: true);
            }
        }

        _process.Dispose();
        lock (_log)
        {
            _log.Dispose();
        }
    }

    private async Task WaitUntilReadyAsync(string logPath, CancellationToken cancellation)
    {
        using var client = new ServerClient(Address, key: null, TimeProvider.System);
        var clock = Stopwatch.StartNew();
        while (!await client.IsReadyAsync(cancellation))
        {
            if (_process.HasExited)
            {
                throw new InvalidDataException($"The site ended at start with code {_process.ExitCode}. Its last words are in {Path.GetFileName(logPath)} of the data folder.");
            }

            if (clock.Elapsed > StartLimit)
            {
                throw new TimeoutException(
                    $"The site was not ready within {StartLimit.TotalSeconds:0} s. Its log is {Path.GetFileName(logPath)} in the data folder.");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), cancellation);
        }
    }

    private static int FreePort(int wished)
    {
        for (var port = wished; port < wished + 100; port++)
        {
            try
            {
                using var probe = new TcpListener(IPAddress.Loopback, port);
                probe.Start();
                return port;
            }
            catch (SocketException)
            {
                // Taken; the next one may be free.
            }
        }

        throw new IOException($"No port from {wished} to {wished + 99} is free; give another with --port.");
    }

    private static void Keep(StreamWriter log, string? line)
    {
        if (line is not null)
        {
            lock (log)
            {
                if (log.BaseStream is { CanWrite: true })
                {
                    log.WriteLine(line);
                }
            }
        }
    }
}
