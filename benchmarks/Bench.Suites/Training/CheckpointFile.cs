using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;
using Bench.Domain.Protocol;
using Bench.Suites.Harness;
using static TorchSharp.torch;

namespace Bench.Suites.Training;

/// <summary>
/// A training's state on disk, so that it goes on after its process was killed. The file is replaced as a whole; a damaged or foreign one
/// counts as none.
/// </summary>
/// <param name="path">The file.</param>
/// <param name="fingerprint">What is trained, by which build.</param>
/// <param name="clock">Tells when the next save is due.</param>
/// <param name="interval">Least time between two saves; large states are saved less often, so that saving stays a small part of the work.</param>
public sealed class CheckpointFile(string path, string fingerprint, TimeProvider clock, TimeSpan interval)
{
    private const int HashBytes = 32;

    /// <summary>Saving may take a twentieth of the time.</summary>
    private const int SavePart = 20;

    private long _saved = clock.GetTimestamp();
    private readonly TimeSpan _least = interval;
    private TimeSpan _interval = interval;

    /// <summary>Whether it is time to save again.</summary>
    public bool IsDue => clock.GetElapsedTime(_saved) >= _interval;

    /// <summary>The file that a cell's training can go on from; only the very same training on the very same build may.</summary>
    /// <param name="context">What is run; without a folder for checkpoints there is none.</param>
    public static CheckpointFile? Of(CellContext context) => context.Checkpoints is not { } folder
        ? null
        : new CheckpointFile(
            Path.Combine(folder, $"{context.Cell.Key}-{context.Seed}.checkpoint"),
            $"{context.Cell.CanonicalText}|{context.Seed}|{context.Budget.Threads}|{EnvironmentProbe.BuildHash()}|{__version__}",
            TimeProvider.System, TimeSpan.FromSeconds(20));

    /// <summary>Writes the state: to a file beside it first, to disk, then over the old one.</summary>
    /// <typeparam name="TState">A record that JSON can carry.</typeparam>
    /// <param name="state">What the tensors do not hold.</param>
    /// <param name="tensors">Tensors of any type, each below 2 GiB.</param>
    public void Save<TState>(TState state, IReadOnlyList<Tensor> tensors)
    {
        var start = Stopwatch.GetTimestamp();
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

            var header = new Header(fingerprint, [.. tensors.Select(tensor => tensor.numel() * tensor.element_size())], JsonSerializer.SerializeToElement(state, WireJson.Strict));
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
        var rest = Stopwatch.GetElapsedTime(start) * SavePart;
        _interval = _least == TimeSpan.Zero || rest < _least ? _least : rest;
    }

    /// <summary>The saved state, or null when there is none that fits.</summary>
    /// <returns>The state and the bytes of each tensor in the order of saving.</returns>
    public (TState State, IReadOnlyList<byte[]> Tensors)? Load<TState>()
        where TState : class
    {
        if (!File.Exists(path))
        {
            return null;
        }

        using var stream = File.OpenRead(path);
        if (stream.Length < sizeof(int) + HashBytes || !IsWhole(stream))
        {
            return null;
        }

        stream.Position = 0;
        var length = BitConverter.ToInt32(Read(stream, sizeof(int)));
        if (Parse<Header>(Read(stream, length)) is not { State.ValueKind: JsonValueKind.Object } header || header.Fingerprint != fingerprint
            || Parse<TState>(JsonSerializer.SerializeToUtf8Bytes(header.State, WireJson.Strict)) is not { } state)
        {
            return null;
        }

        return (state, [.. header.Sizes.Select(size => Read(stream, (int)size))]);
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

    private static bool IsWhole(FileStream stream)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[1 << 20];
        for (var left = stream.Length - HashBytes; left > 0;)
        {
            var read = stream.Read(buffer, 0, (int)Math.Min(buffer.Length, left));
            hash.AppendData(buffer.AsSpan(0, read));
            left -= read;
        }

        return hash.GetHashAndReset().AsSpan().SequenceEqual(Read(stream, HashBytes));
    }

    private static byte[] Read(FileStream stream, int size)
    {
        var bytes = new byte[size];
        stream.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>Null for what another build wrote in another form.</summary>
    private static T? Parse<T>(ReadOnlySpan<byte> json)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(json, WireJson.Lenient);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>What stands before the tensors.</summary>
    /// <param name="Fingerprint">What is trained, by which build; another one's checkpoint is never used.</param>
    /// <param name="Sizes">Bytes of each tensor that follows.</param>
    /// <param name="State">The caller's own record.</param>
    private sealed record Header(string Fingerprint, IReadOnlyList<long> Sizes, JsonElement State);
}
