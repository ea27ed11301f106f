using System.Buffers.Binary;

namespace Bench.Suites.Cab.Speech;

/// <summary>Speech from a RIFF/WAVE file of 16-bit samples.</summary>
/// <param name="SampleRate">Samples per second.</param>
/// <param name="Samples">One channel, from −1 to 1; several channels are averaged.</param>
public sealed record WaveFile(int SampleRate, float[] Samples)
{
    private const int Header = 12;
    private const ushort Pcm = 1;
    private const ushort Extensible = 0xFFFE;

    /// <summary>Reads a file.</summary>
    /// <exception cref="InvalidDataException">It is no such file; the message says what was found.</exception>
    public static WaveFile Read(string path) => Parse(File.ReadAllBytes(path), path);

    /// <summary>Reads a file's bytes.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="name">What to call it in messages.</param>
    /// <exception cref="InvalidDataException">It is no such file; the message says what was found.</exception>
    public static WaveFile Parse(ReadOnlySpan<byte> bytes, string name)
    {
        if (bytes.Length < Header || !bytes[..4].SequenceEqual("RIFF"u8) || !bytes[8..12].SequenceEqual("WAVE"u8))
        {
            throw new InvalidDataException($"'{name}' does not begin like a WAVE file (RIFF … WAVE). Convert it to 16-bit PCM in a WAVE file.");
        }

        var (channels, rate) = (0, 0);
        for (var at = Header; at + 8 <= bytes.Length;)
        {
            var id = bytes.Slice(at, 4);
            var size = BinaryPrimitives.ReadUInt32LittleEndian(bytes[(at + 4)..]);
            var content = bytes[(at + 8)..];
            if (id.SequenceEqual("fmt "u8) && content.Length >= 16)
            {
                var (format, bits) = (BinaryPrimitives.ReadUInt16LittleEndian(content), BinaryPrimitives.ReadUInt16LittleEndian(content[14..]));
                if (format is not (Pcm or Extensible) || bits != 16)
                {
                    throw new InvalidDataException($"'{name}' has samples of {bits} bits in format {format}; only 16-bit PCM (format 1) can be read. Convert it.");
                }

                (channels, rate) = (BinaryPrimitives.ReadUInt16LittleEndian(content[2..]), BinaryPrimitives.ReadInt32LittleEndian(content[4..]));
            }
            else if (id.SequenceEqual("data"u8))
            {
                if (channels < 1 || rate < 1)
                {
                    throw new InvalidDataException($"'{name}' has samples before any valid format ({channels} channels, {rate} Hz); it is damaged.");
                }

                if (content.Length < size)
                {
                    throw new InvalidDataException($"'{name}' promises {size} bytes of samples and holds {content.Length}; it was cut off. Fetch it again.");
                }

                return new WaveFile(rate, Mix(content[..(int)size], channels));
            }

            // Chunks begin at even places.
            at = (int)Math.Min(bytes.Length, at + 8L + size + (size & 1));
        }

        throw new InvalidDataException($"'{name}' has no samples (no data chunk); it is damaged. Fetch it again.");
    }

    private static float[] Mix(ReadOnlySpan<byte> data, int channels)
    {
        var samples = new float[data.Length / (2 * channels)];
        for (var i = 0; i < samples.Length; i++)
        {
            var sum = 0;
            for (var channel = 0; channel < channels; channel++)
            {
                sum += BinaryPrimitives.ReadInt16LittleEndian(data[(2 * ((i * channels) + channel))..]);
            }

            samples[i] = sum / (32768f * channels);
        }

        return samples;
    }
}
