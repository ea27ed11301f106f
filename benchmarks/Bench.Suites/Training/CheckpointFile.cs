using System.Security.Cryptography;
using System.Text.Json;
using Bench.Domain.Protocol;

namespace Bench.Suites.Training;

/// <summary>What a checkpoint says beside its tensors.</summary>
public sealed record CheckpointHeader
{
    /// <summary>What is trained, by which build; another one's checkpoint is never used.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>Trainings of the sweep that are over.</summary>
    public required IReadOnlyList<TrainingOutcome> Finished { get; init; }

    /// <summary>The training that runs.</summary>
    public required TrainingProgress Current { get; init; }

    /// <summary>Steps that the optimiser counts.</summary>
    public required long OptimiserSteps { get; init; }

    /// <summary>Number of 32-bit elements of each tensor that follows.</summary>
    public required IReadOnlyList<long> Sizes { get; init; }
}

/// <summary>
/// A sweep's state on disk, so that a training goes on after its process was killed. The file is replaced as a whole; a damaged or foreign one
/// counts as none.
/// </summary>
/// <param name="path">The file.</param>
/// <param name="fingerprint">What is trained, by which build.</param>
/// <param name="clock">Tells when the next save is due.</param>
/// <param name="interval">Time between two saves.</param>
public sealed class CheckpointFile(string path, string fingerprint, TimeProvider clock, TimeSpan interval)
{
    private const int HashBytes = 32;
    private long _saved = clock.GetTimestamp();

    /// <summary>Whether it is time to save again.</summary>
    public bool IsDue => clock.GetElapsedTime(_saved) >= interval;

    /// <summary>What training this file is for.</summary>
    public string Fingerprint => fingerprint;

    /// <summary>Writes the state: to a file beside it first, to disk, then over the old one.</summary>
    public void Save(CheckpointHeader header, IReadOnlyList<Tensor> tensors)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var half = path + ".tmp";
        using (var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256))
        using (var stream = new FileStream(half, FileMode.Create, FileAccess.Write))
        {
            void Write(ReadOnlySpan<byte> bytes)
            {
                hash.AppendData(bytes);
                stream.Write(bytes);
            }

            var json = JsonSerializer.SerializeToUtf8Bytes(header, WireJson.Strict);
            Write(BitConverter.GetBytes(json.Length));
            Write(json);
            foreach (var tensor in tensors)
            {
                using var contiguous = tensor.detach().cpu().contiguous();
                Write(contiguous.bytes);
            }

            stream.Write(hash.GetHashAndReset());
            stream.Flush(flushToDisk: true);
        }

        File.Move(half, path, overwrite: true);
        _saved = clock.GetTimestamp();
    }

    /// <summary>The saved state, or null when there is none that fits.</summary>
    /// <returns>The header and the bytes of each tensor in the order of saving.</returns>
    public (CheckpointHeader Header, IReadOnlyList<byte[]> Tensors)? Load()
    {
        if (!File.Exists(path))
        {
            return null;
        }

        var bytes = File.ReadAllBytes(path);
        if (bytes.Length < sizeof(int) + HashBytes || !SHA256.HashData(bytes.AsSpan(..^HashBytes)).AsSpan().SequenceEqual(bytes.AsSpan(^HashBytes..)))
        {
            return null;
        }

        var at = sizeof(int) + BitConverter.ToInt32(bytes);
        if (Header(bytes.AsSpan(sizeof(int)..at)) is not { } header || header.Fingerprint != fingerprint)
        {
            return null;
        }

        var tensors = new List<byte[]>();
        foreach (var size in header.Sizes)
        {
            tensors.Add(bytes[at..(at += (int)size * sizeof(float))]);
        }

        return (header, tensors);
    }

    /// <summary>Null for a header that another build wrote in another form.</summary>
    private static CheckpointHeader? Header(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize<CheckpointHeader>(json, WireJson.Lenient);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Removes the file, if the work took long enough for one: it is done.</summary>
    public void Delete()
    {
        // File.Delete forgives a missing file, but not a missing folder.
        if (File.Exists(path))
        {
            File.Delete(path);
        }
    }
}
