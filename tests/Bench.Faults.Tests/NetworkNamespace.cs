using System.Diagnostics;
using System.Globalization;

namespace Bench.Faults.Tests;

/// <summary>
/// A network of its own for agents, joined to this one by a cable that can be pulled: packets vanish, and neither side is told. Needs root and
/// iproute2.
/// </summary>
internal sealed class NetworkNamespace : IDisposable
{
    private static int _count;
    private readonly string _name;
    private readonly string _cable;

    private NetworkNamespace(string name, string cable, int subnet)
    {
        (_name, _cable) = (name, cable);
        HostAddress = string.Create(CultureInfo.InvariantCulture, $"10.213.{subnet}.1");
    }

    /// <summary>Whether this user may make one.</summary>
    public static bool IsPermitted => Environment.IsPrivilegedProcess && Try("ip", "netns", "list") == 0;

    /// <summary>Address of this side of the cable, where a server listens.</summary>
    public string HostAddress { get; }

    /// <summary>Words that start a program inside.</summary>
    public IReadOnlyList<string> Prefix => ["ip", "netns", "exec", _name];

    /// <summary>Makes a network and plugs the cable in.</summary>
    public static NetworkNamespace Create()
    {
        var number = Interlocked.Increment(ref _count);
        var subnet = (Environment.ProcessId + number) % 250;
        var name = string.Create(CultureInfo.InvariantCulture, $"bench-{Environment.ProcessId}-{number}");
        var cable = string.Create(CultureInfo.InvariantCulture, $"bn{Environment.ProcessId % 100_000}x{number}");
        var made = new NetworkNamespace(name, cable, subnet);
        Run("ip", "netns", "add", name);
        Run("ip", "link", "add", cable, "type", "veth", "peer", "name", cable + "p");
        Run("ip", "link", "set", cable + "p", "netns", name);
        Run("ip", "addr", "add", made.HostAddress + "/30", "dev", cable);
        Run("ip", "link", "set", cable, "up");
        Run("ip", "-n", name, "addr", "add", made.HostAddress[..^1] + "2/30", "dev", cable + "p");
        Run("ip", "-n", name, "link", "set", cable + "p", "up");
        Run("ip", "-n", name, "link", "set", "lo", "up");
        return made;
    }

    /// <summary>Pulls the cable.</summary>
    public void Cut() => Run("ip", "link", "set", _cable, "down");

    /// <summary>Plugs it in again.</summary>
    public void Mend() => Run("ip", "link", "set", _cable, "up");

    /// <inheritdoc />
    public void Dispose()
    {
        _ = Try("ip", "link", "del", _cable);
        _ = Try("ip", "netns", "del", _name);
    }

    private static void Run(string program, params string[] arguments)
    {
        if (Try(program, arguments) is var code and not 0)
        {
            throw new InvalidOperationException($"'{program} {string.Join(' ', arguments)}' ended with {code}.");
        }
    }

    private static int Try(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
            process.WaitForExit();
            return process.ExitCode;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return -1;
        }
    }
}
