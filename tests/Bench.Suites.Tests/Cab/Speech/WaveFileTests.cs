using System.Buffers.Binary;
using Bench.Suites.Cab.Speech;

namespace Bench.Suites.Tests.Cab.Speech;

public sealed class WaveFileTests
{
    [Fact]
    public void Samples_are_read_behind_other_chunks_and_channels_are_averaged()
    {
        var wave = WaveFile.Parse(Wave(channels: 2, bits: 16, [16384, -16384, 32767, 32767], note: "odd"), "x.wav");

        Assert.Equal(8000, wave.SampleRate);
        Assert.Equal([0, 32767 / 32768f], wave.Samples);
    }

    [Fact]
    public void Files_that_are_no_16_bit_waves_are_named_with_what_they_are()
    {
        var good = Wave(1, 16, [1, 2, 3]);

        Assert.Contains("RIFF", Refused("not a wave"u8.ToArray()), StringComparison.Ordinal);
        Assert.Contains("8 bits", Refused(Wave(1, 8, [1])), StringComparison.Ordinal);
        Assert.Contains("format 3", Refused(Wave(1, 16, [1], format: 3)), StringComparison.Ordinal);
        Assert.Contains("cut off", Refused(good[..^2]), StringComparison.Ordinal);
        Assert.Contains("no samples", Refused(good[..36]), StringComparison.Ordinal);
    }

    private static string Refused(byte[] bytes) => Assert.Throws<InvalidDataException>(() => WaveFile.Parse(bytes, "x.wav")).Message;

    /// <summary>The bytes of a WAVE file.</summary>
    internal static byte[] Wave(short channels, short bits, short[] samples, string note = "", short format = 1, int rate = 8000)
    {
        var file = new List<byte>([.. "RIFF"u8, 0, 0, 0, 0, .. "WAVE"u8]);
        void Chunk(string id, byte[] content)
        {
            var size = new byte[4];
            BinaryPrimitives.WriteInt32LittleEndian(size, content.Length);
            file.AddRange([.. System.Text.Encoding.ASCII.GetBytes(id), .. size, .. content, .. new byte[content.Length % 2]]);
        }

        if (note.Length > 0)
        {
            Chunk("LIST", System.Text.Encoding.ASCII.GetBytes(note));
        }

        var head = new byte[16];
        BinaryPrimitives.WriteInt16LittleEndian(head, format);
        BinaryPrimitives.WriteInt16LittleEndian(head.AsSpan(2), channels);
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(4), rate);
        BinaryPrimitives.WriteInt16LittleEndian(head.AsSpan(14), bits);
        Chunk("fmt ", head);
        Chunk("data", [.. samples.SelectMany(BitConverter.GetBytes)]);
        return [.. file];
    }
}
