using System.Text.Json;
using Bench.Domain.Protocol;

namespace Bench.Agent.Loop;

/// <summary>A result on its way to the server.</summary>
/// <param name="AttemptId">Attempt that it belongs to.</param>
/// <param name="Submission">The message.</param>
internal sealed record SpooledResult(string AttemptId, ResultSubmission Submission);

/// <summary>
/// Results that the server has not acknowledged yet: one file each, written under another name, flushed to disk and renamed, and deleted only
/// after the acknowledgement. Survives kill -9 and a full disk.
/// </summary>
internal sealed class Spool
{
    private const string Extension = ".json";
    private readonly string _folder;
    private readonly string _bad;

    /// <summary>Opens a spool; half-written files of an earlier process are thrown away (their result was never promised to anyone).</summary>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public Spool(string folder)
    {
        (_folder, _bad) = (folder, Path.Combine(folder, "bad"));
        Directory.CreateDirectory(folder);
        foreach (var half in Directory.EnumerateFiles(folder, "*.tmp"))
        {
            File.Delete(half);
        }
    }

    /// <summary>Results waiting.</summary>
    public int Depth => Directory.EnumerateFiles(_folder, "*" + Extension).Count();

    /// <summary>Stores a result durably; when this returns, a crash cannot lose it.</summary>
    /// <exception cref="IOException">The disk is full or gone; nothing of the result is left behind.</exception>
    public void Add(SpooledResult result)
    {
        var final = Path.Combine(_folder, result.Submission.ResultId + Extension);
        var half = final + ".tmp";
        try
        {
            using (var stream = new FileStream(half, FileMode.Create, FileAccess.Write, FileShare.None))
            {
                JsonSerializer.Serialize(stream, result, WireJson.Strict);
                stream.Flush(flushToDisk: true);
            }

            File.Move(half, final, overwrite: true);
        }
        catch
        {
            File.Delete(half);
            throw;
        }
    }

    /// <summary>Waiting results, oldest first. A file that cannot be read is moved to <c>bad/</c> and reported.</summary>
    public IReadOnlyList<SpooledResult> Waiting(Action<string> warn)
    {
        var results = new List<SpooledResult>();
        foreach (var path in Directory.EnumerateFiles(_folder, "*" + Extension).OrderBy(File.GetLastWriteTimeUtc))
        {
            try
            {
                using var stream = File.OpenRead(path);
                results.Add(JsonSerializer.Deserialize<SpooledResult>(stream, WireJson.Strict) ?? throw new JsonException("The file is empty."));
            }
            catch (JsonException mistake)
            {
                SetAside(Path.GetFileNameWithoutExtension(path), mistake.Message, warn);
            }
        }

        return results;
    }

    /// <summary>Forgets a result that the server has acknowledged.</summary>
    public void Acknowledge(string resultId) => File.Delete(Path.Combine(_folder, resultId + Extension));

    /// <summary>Moves a result that the server will never accept, or that cannot be read, to <c>bad/</c>, where a person may look at it.</summary>
    public void SetAside(string resultId, string reason, Action<string> warn)
    {
        Directory.CreateDirectory(_bad);
        File.Move(Path.Combine(_folder, resultId + Extension), Path.Combine(_bad, resultId + Extension), overwrite: true);
        warn($"Result {resultId} was moved to {Path.GetFileName(_folder)}/bad: {reason}");
    }
}
