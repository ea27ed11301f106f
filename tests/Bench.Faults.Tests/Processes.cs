using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Bench.Faults.Tests;

/// <summary>A program of this build as a process that can be killed at any instant.</summary>
internal sealed class Victim : IDisposable
{
    private readonly Func<ProcessStartInfo> _start;
    private Process? _process;

    private Victim(Func<ProcessStartInfo> start) => _start = start;

    /// <summary>Lines that the program wrote to its error output.</summary>
    public List<string> Complaints { get; } = [];

    /// <summary>A program beside this one: <c>artifacts/bin/{project}/{configuration}</c>.</summary>
    public static Victim Of(string project, Surroundings surroundings, params string[] arguments) => new(() =>
    {
        var own = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        var folder = Path.Combine(own.Parent!.Parent!.FullName, project, own.Name);
        string[] command = [.. surroundings.Prefix, "dotnet", Path.Combine(folder, project + ".dll"), .. arguments];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            WorkingDirectory = folder,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        foreach (var (name, value) in surroundings.Environment)
        {
            start.Environment[name] = value;
        }

        return start;
    });

    /// <summary>Whether it runs.</summary>
    public bool IsAlive => _process is { HasExited: false };

    /// <summary>Starts it.</summary>
    public void Start()
    {
        _process = Process.Start(_start())!;
        _process.ErrorDataReceived += (_, line) => Note(line.Data);
        _process.OutputDataReceived += (_, line) => Note(line.Data?.Contains("fail:", StringComparison.Ordinal) == true ? line.Data : null);
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
    }

    /// <summary>Ends it as kill -9 does.</summary>
    public void Kill()
    {
        _process!.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _process = null;
    }

    /// <inheritdoc />
    public void Dispose()
    {
        if (_process is { HasExited: false })
        {
            Kill();
        }
    }

    private void Note(string? line)
    {
        if (line is not null)
        {
            lock (Complaints)
            {
                Complaints.Add(line);
            }
        }
    }
}

/// <summary>A server of this build on a port of its own.</summary>
internal sealed class ServerProcess : IDisposable
{
    /// <summary>Code that enrols one agent.</summary>
    public const string Code = "code-of-the-fault-suite";

    private ServerProcess(string connectionString, string host, int port, Surroundings surroundings)
    {
        Address = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://{host}:{port}/"));
        var settings = new Dictionary<string, string>(surroundings.Environment)
        {
            ["ASPNETCORE_URLS"] = Address.ToString().TrimEnd('/'),
            ["ConnectionStrings__Bench"] = connectionString,
            ["Bench__EnrollmentCode"] = Code,
            ["Leases__Heartbeat"] = "00:00:01",
            ["Leases__Expiry"] = "00:00:03",
            ["Leases__Sweep"] = "00:00:01",
            ["RateLimits__AddressPerSecond"] = "100000",
            ["RateLimits__AddressBurst"] = "100000",
            ["RateLimits__KeyPerSecond"] = "100000",
            ["RateLimits__KeyBurst"] = "100000",
            ["RateLimits__SecretsPerMinute"] = "1000",
            ["RateLimits__WritesPerSecond"] = "100000",
            ["Logging__LogLevel__Default"] = "Warning",
        };
        Process = Victim.Of("Bench.Web", surroundings with { Environment = settings });
        Http = new HttpClient { BaseAddress = Address, Timeout = TimeSpan.FromSeconds(30) };
    }

    /// <summary>Where it answers.</summary>
    public Uri Address { get; }

    /// <summary>The process.</summary>
    public Victim Process { get; }

    /// <summary>A client without a key.</summary>
    public HttpClient Http { get; }

    /// <summary>Starts a server and waits until it is ready.</summary>
    /// <param name="connectionString">Its database.</param>
    /// <param name="host">Address on which it listens.</param>
    /// <param name="surroundings">What it runs in; its variables yield to those of the tests.</param>
    public static async Task<ServerProcess> StartAsync(string connectionString, string host = "127.0.0.1", Surroundings? surroundings = null)
    {
        var server = new ServerProcess(connectionString, host, FreePort(), surroundings ?? new Surroundings());
        server.Process.Start();
        await server.ReadyAsync();
        return server;
    }

    /// <summary>Kills it and starts it again.</summary>
    public async Task RestartAsync()
    {
        Process.Kill();
        Process.Start();
        await ReadyAsync();
    }

    /// <summary>Waits until it answers.</summary>
    public async Task ReadyAsync()
    {
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < TimeSpan.FromSeconds(90))
        {
            try
            {
                using var answer = await Http.GetAsync("readyz");
                if (answer.IsSuccessStatusCode)
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }

            await Task.Delay(50);
        }

        throw new TimeoutException($"The server was not ready in 90 s. It said: {string.Join('\n', Process.Complaints.TakeLast(20))}");
    }

    /// <inheritdoc />
    public void Dispose()
    {
        Process.Dispose();
        Http.Dispose();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
