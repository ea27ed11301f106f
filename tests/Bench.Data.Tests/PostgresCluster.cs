using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Bench.Data.Tests;

/// <summary>
/// A PostgreSQL server for one test run: the one that <c>ConnectionStrings__Bench</c> names, otherwise a throw-away cluster in a temporary folder.
/// Missing binaries are an error and never a skip: <c>./test</c> installs them.
/// </summary>
public sealed class PostgresCluster : IDisposable
{
    private static readonly Lazy<PostgresCluster> Cluster = new(Start);
    private static int _databases;

    private readonly string? _folder;
    private readonly string _bin;

    private readonly bool _durable;

    private PostgresCluster(string administration, string? folder, string bin, int port, bool durable)
    {
        _durable = durable;
        Administration = administration;
        _folder = folder;
        _bin = bin;
        Port = port;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Dispose();
    }

    /// <summary>The one server of this test process.</summary>
    public static PostgresCluster Shared => Cluster.Value;

    /// <summary>Connection string of the maintenance database.</summary>
    public string Administration { get; }

    /// <summary>Port of the throw-away cluster.</summary>
    public int Port { get; }

    /// <summary>Makes an empty database.</summary>
    /// <returns>Its connection string.</returns>
    public async Task<string> CreateDatabaseAsync()
    {
        var name = string.Create(
            CultureInfo.InvariantCulture, $"bench_test_{Environment.ProcessId}_{Interlocked.Increment(ref _databases)}");
        await using var connection = new NpgsqlConnection(Administration);
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = $"create database {name}";
        await command.ExecuteNonQueryAsync();
        return new NpgsqlConnectionStringBuilder(Administration) { Database = name, MaxPoolSize = 60 }.ToString();
    }

    /// <summary>Stops the server as <c>pg_ctl</c> does, with the given mode, and starts it again.</summary>
    public void Restart(string mode)
    {
        Run(_bin, "pg_ctl", "-D", Path.Combine(Folder, "data"), "-m", mode, "-w", "stop");
        StartServer(_bin, Folder, Port, _durable);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        if (_folder is not null && Directory.Exists(_folder))
        {
            Run(_bin, "pg_ctl", "-D", Path.Combine(_folder, "data"), "-m", "immediate", "stop");
            Directory.Delete(_folder, recursive: true);
        }
    }

    private string Folder => _folder
        ?? throw new InvalidOperationException("The server of ConnectionStrings__Bench is not ours to restart; unset the variable for this test.");

    private static PostgresCluster Start()
    {
        var given = Environment.GetEnvironmentVariable("ConnectionStrings__Bench");
        return given?.Contains("Host=", StringComparison.OrdinalIgnoreCase) == true ? new PostgresCluster(given, null, "", 0, durable: true) : StartOwn();
    }

    /// <summary>Starts a cluster of its own, also when the environment names a server.</summary>
    /// <param name="durable">Whether a committed transaction outlives the server process, which costs a little time.</param>
    public static PostgresCluster StartOwn(bool durable = false)
    {
        var bin = FindBinaries();
        var folder = Directory.CreateTempSubdirectory("bench-postgres-").FullName;
        var port = FreePort();
        if (Environment.IsPrivilegedProcess)
        {
            Execute("chown", "postgres", folder);
        }

        Run(bin, "initdb", "-D", Path.Combine(folder, "data"), "-U", "bench", "-A", "trust", "--no-sync", "--encoding=UTF8", "--locale=C");
        StartServer(bin, folder, port, durable);
        return new PostgresCluster(
            string.Create(CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={port};Username=bench;Database=postgres"), folder, bin, port, durable);
    }

    private static void StartServer(string bin, string folder, int port, bool durable) => Run(
        bin, "pg_ctl", "-D", Path.Combine(folder, "data"), "-w", "-l", Path.Combine(folder, "log"), "-o",
        string.Create(
            CultureInfo.InvariantCulture,
            $"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c max_connections=200 -c fsync=off -c full_page_writes=off -c synchronous_commit={(durable ? "on" : "off")}"),
        "start");

    private static string FindBinaries()
    {
        var found = Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetDirectories("/usr/lib/postgresql").Select(version => Path.Combine(version, "bin"))
            : [];
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        return found.Concat(path).Where(folder => File.Exists(Path.Combine(folder, "initdb")) && File.Exists(Path.Combine(folder, "pg_ctl")))
                .OrderDescending(StringComparer.Ordinal).FirstOrDefault()
            ?? throw new InvalidOperationException(
                "PostgreSQL's initdb and pg_ctl were not found. ./test installs them (apt-get install postgresql); "
                + "or name a server in ConnectionStrings__Bench.");
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>The server refuses to run as root, so root runs it as the user that its package made.</summary>
    private static void Run(string bin, string program, params string[] arguments)
    {
        if (Environment.IsPrivilegedProcess)
        {
            Execute("setpriv", ["--reuid=postgres", "--regid=postgres", "--clear-groups", Path.Combine(bin, program), .. arguments]);
        }
        else
        {
            Execute(Path.Combine(bin, program), arguments);
        }
    }

    private static void Execute(string program, params string[] arguments)
    {
        // Output goes to no pipe: the server would inherit it and keep it open.
        var start = new ProcessStartInfo("/bin/sh") { WorkingDirectory = "/" };
        foreach (var argument in (string[])["-c", "exec \"$0\" \"$@\" > /dev/null 2>&1 < /dev/null", program, .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"'{program} {string.Join(' ', arguments)}' ended with {process.ExitCode}.");
        }
    }
}
