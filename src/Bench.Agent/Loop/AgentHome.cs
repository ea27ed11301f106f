using System.Text.Json;
using Bench.Domain.Protocol;

namespace Bench.Agent.Loop;

/// <summary>Who this agent is: what enrolment gave it.</summary>
/// <param name="Server">Base address of the server.</param>
/// <param name="AgentId"><c>agt_…</c>.</param>
/// <param name="Name">Name under which it is listed.</param>
/// <param name="Key">Secret key; the file is readable by its owner only.</param>
internal sealed record AgentIdentity(Uri Server, string AgentId, string Name, string Key);

/// <summary>The agent's folder: identity and spool. One folder is one agent; a lock file keeps a second process out.</summary>
internal sealed class AgentHome(string folder)
{
    private string IdentityPath => Path.Combine(folder, "agent.json");

    /// <summary>The folder itself.</summary>
    public string Folder => folder;

    /// <summary>State of trainings that were not finished, so that they go on after a kill.</summary>
    public string Checkpoints => Path.Combine(folder, "checkpoints");

    /// <summary>The default folder: <c>BENCH_AGENT_HOME</c>, or the user's state folder.</summary>
    public static string Default => Environment.GetEnvironmentVariable("BENCH_AGENT_HOME")
        ?? Path.Combine(
            Environment.GetEnvironmentVariable("XDG_STATE_HOME")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "state"),
            "bench-agent");

    /// <summary>Results not yet acknowledged.</summary>
    public Spool OpenSpool() => new(Path.Combine(folder, "spool"));

    /// <summary>The identity, or null before enrolment.</summary>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public AgentIdentity? Identity()
    {
        if (!File.Exists(IdentityPath))
        {
            return null;
        }

        try
        {
            using var stream = File.OpenRead(IdentityPath);
            return JsonSerializer.Deserialize<AgentIdentity>(stream, WireJson.Lenient);
        }
        catch (JsonException mistake)
        {
            throw new InvalidDataException($"agent.json is damaged ({mistake.Message}). Delete it and enrol again.", mistake);
        }
    }

    /// <summary>Stores the identity, readable by the owner only.</summary>
    public void Save(AgentIdentity identity)
    {
        Directory.CreateDirectory(folder);
        var half = IdentityPath + ".tmp";
        File.Delete(half);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using (var stream = new FileStream(half, options))
        {
            JsonSerializer.Serialize(stream, identity, WireJson.Strict);
            stream.Flush(flushToDisk: true);
        }

        File.Move(half, IdentityPath, overwrite: true);
    }

    /// <summary>Keeps other processes from acting as this agent until disposed.</summary>
    /// <exception cref="IOException">Another process is running as this agent.</exception>
    public FileStream Lock()
    {
        Directory.CreateDirectory(folder);
        try
        {
            return new FileStream(Path.Combine(folder, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException mistake)
        {
            throw new IOException("Another process already runs as this agent. Stop it first, or give this one its own --home.", mistake);
        }
    }
}
