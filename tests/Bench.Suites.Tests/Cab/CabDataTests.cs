using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using Bench.Domain.Randomness;
using Bench.Suites.Cab.Points;
using Bench.Suites.Cab.Series;
using Bench.Suites.Cab.Vision;
using Bench.Suites.Data;
using Bench.Suites.Training;

namespace Bench.Suites.Tests.Cab;

/// <summary>Loaders and generators of pictures, clouds and series, on files that the tests write themselves.</summary>
public sealed class CabDataTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("cab-data-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Series_AreReadAndStandardisedByTheTrainingRows()
    {
        var path = Write("ETTh1.csv", "date,HUFL,OT\n" + string.Concat(Enumerable.Range(0, 50).Select(hour =>
            string.Create(CultureInfo.InvariantCulture, $"{new DateTime(2016, 7, 1).AddHours(hour):yyyy-MM-dd HH:mm:ss},{hour},7\n"))));
        var table = SeriesTable.ReadCsv(path);
        Assert.Equal(["HUFL", "OT"], table.Columns);
        Assert.All(table.Only(1).Values, value => Assert.Equal(7, value));
        Assert.Equal((50, TimeSpan.FromHours(1)), (table.Rows, table.Step));

        var windows = new SeriesWindows(table, SeriesBorders.Shares(50), 6, 3);
        // 35 rows train: their mean is 17, their variance (35² − 1)/12.
        var scale = Math.Sqrt(((35.0 * 35) - 1) / 12);
        Assert.Equal((27, 4), (windows.TrainCount, windows.Features));
        Assert.Equal(8, windows.Count(EvaluationSplit.Test));
        Assert.Equal(3, windows.Count(EvaluationSplit.Validation));
        var batch = windows.Batch([0, windows.Start(EvaluationSplit.Test, 0)]);
        Assert.Equal((0 - 17) / scale, batch.Known[0], 5);
        Assert.Equal(0, batch.Known[1]);
        // The test part is rows 40 to 49: its first window knows 34 to 39 and forecasts 40 to 42.
        Assert.Equal((34 - 17) / scale, batch.Known[12], 5);
        Assert.Equal((40 - 17) / scale, batch.Future[6], 5);
        // Row 40 is Saturday, 2 July 2016, 16 o'clock.
        Assert.Equal([(16 / 23f) - 0.5f, (5 / 6f) - 0.5f, (1 / 30f) - 0.5f, (183 / 365f) - 0.5f], batch.FutureTimes[12..16], (a, b) => Math.Abs(a - b) < 1e-6);
        Assert.Equal((8640, 11520, 14400), (SeriesBorders.Months(1).Train, SeriesBorders.Months(1).Validation, SeriesBorders.Months(1).Test));
    }

    [Fact]
    public void Series_SayWhatIsWrong()
    {
        Assert.Contains("'date,…'", Assert.Throws<InvalidDataException>(() => SeriesTable.ReadCsv(Write("a.csv", "time,x\n"))).Message, StringComparison.Ordinal);
        Assert.Contains("Line 3", Assert.Throws<InvalidDataException>(() => SeriesTable.ReadCsv(Write("b.csv", "date,x\n2020-01-01,1\n2020-01-02,?\n"))).Message, StringComparison.Ordinal);
        Assert.Throws<DataMissingException>(() => SeriesTable.ReadCsv(Path.Combine(_folder, "none.csv")));
        var table = SeriesTable.Synthetic(1, 100, 2);
        Assert.Throws<ArgumentException>(() => new SeriesWindows(table, SeriesBorders.Shares(100), 60, 20));
        Assert.Equal(table.Values, SeriesTable.Synthetic(1, 100, 2).Values);
        Assert.NotEqual(table.Values, SeriesTable.Synthetic(2, 100, 2).Values);
    }

    [Fact]
    public void DailyWeather_StandsSideBySide()
    {
        var table = SeriesTable.ReadDailyWeather(Write(
            "weather.csv", "location,date,precipitation,temp_max,temp_min,wind,weather\nSeattle,2012-01-01,0,1,2,3,rain\nSeattle,2012-01-02,4,5,6,7,sun\n"
            + "New York,2012-01-01,8,9,10,11,rain\nNew York,2012-01-02,12,13,14,15,sun\n"));
        Assert.Equal(8, table.Columns.Count);
        Assert.Equal([0, 1, 2, 3, 8, 9, 10, 11, 4, 5, 6, 7, 12, 13, 14, 15], table.Values);
    }

    [Fact]
    public void Meshes_OfAllKindsHaveTheSameSurface()
    {
        const string Corners = "0 0 0\n2 0 0\n2 2 0\n0 2 0\n";
        var obj = MeshFile.Read(Write("a.obj", "# square\n" + string.Concat(Corners.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => $"v {line}\n")) + "f 1/1 2/2 3/3 -1\n"));
        var off = MeshFile.Read(Write("a.off", "OFF # square\n4 1 0\n" + Corners + "4 0 1 2 3\n"));
        var text = MeshFile.Read(Write("a.stl", "solid a\nfacet normal 0 0 1\nouter loop\nvertex 0 0 0\nvertex 2 0 0\nvertex 2 2 0\nendloop\nendfacet\n"
            + "facet normal 0 0 1\nouter loop\nvertex 0 0 0\nvertex 2 2 0\nvertex 0 2 0\nendloop\nendfacet\nendsolid\n"));
        var bytes = new byte[84 + (2 * 50)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(80), 2);
        foreach (var (value, i) in text.Vertices.Select((value, i) => (value, i)))
        {
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(84 + (i / 9 * 50) + 12 + (i % 9 * 4)), value);
        }

        File.WriteAllBytes(Path.Combine(_folder, "b.stl"), bytes);
        foreach (var mesh in new[] { obj, off, text, MeshFile.Read(Path.Combine(_folder, "b.stl")) })
        {
            Assert.Equal(6, mesh.Faces.Length);
            var points = mesh.Sample(new CounterRandom(5), 4000);
            Assert.All(Enumerable.Range(0, 4000), i => Assert.True(points[i * 3] is >= 0 and <= 2 && points[(i * 3) + 2] == 0));
            // Even over the square: a quarter of the points in a quarter of it.
            Assert.InRange(Enumerable.Range(0, 4000).Count(i => points[i * 3] < 1 && points[(i * 3) + 1] < 1), 900, 1100);
        }

        Assert.Throws<InvalidDataException>(() => MeshFile.Read(Write("c.off", "OFF\n1 1 0\n0 0 0\n3 0 1 2\n")));
    }

    [Fact]
    public void VisiblePoints_AreTheFrontOfABall()
    {
        var ball = SyntheticShapes.Superquadric(1, 1).Normalised().Sample(new CounterRandom(6), 4096);
        for (var view = 0; view < VisiblePoints.Views; view++)
        {
            var seen = VisiblePoints.From(ball, view);
            float sx = (view & 1) == 0 ? 1 : -1, sy = (view & 2) == 0 ? 1 : -1, sz = (view & 4) == 0 ? 1 : -1;
            var front = Enumerable.Range(0, seen.Length / 3).Count(i => (sx * seen[i * 3]) + (sy * seen[(i * 3) + 1]) + (sz * seen[(i * 3) + 2]) > -0.1f);
            // Half the surface faces the eye; at its rim, seen flat, points hide each other.
            Assert.InRange(seen.Length / 3, 1200, 2100);
            Assert.InRange((double)front / (seen.Length / 3), 0.97, 1);
        }
    }

    [Fact]
    public void Shapes_AreTheSameAgainAndPartsDiffer()
    {
        var shapes = MeshShapes.Synthetic(7, 64, 256, 10);
        var (first, again) = (shapes.Make("train", 3), shapes.Make("train", 3));
        Assert.Equal(first.Partial, again.Partial);
        Assert.Equal(first.Complete, again.Complete);
        Assert.NotEqual(first.Complete, shapes.Make("test", 3).Complete);
        Assert.Equal((64 * 3, 256 * 3), (first.Partial.Length, first.Complete.Length));
        Assert.All(first.Complete, value => Assert.InRange(value, -0.51f, 0.51f));
    }

    [Fact]
    public void Pcn_IsReadAsReleased()
    {
        Write("PCN.json", """[{"taxonomy_id":"02691156","taxonomy_name":"airplane","train":["m1"],"val":["m2"],"test":["m3"]}]""");
        foreach (var (part, model) in new[] { ("train", "m1"), ("val", "m2"), ("test", "m3") })
        {
            for (var view = 0; view < (part == "train" ? 8 : 1); view++)
            {
                Write($"{part}/partial/02691156/{model}/{view:00}.pcd", Pcd("ascii", 2) + "0.5 0 0\n0 0.25 0\n");
            }

            var binary = new byte[3 * 12];
            BinaryPrimitives.WriteSingleLittleEndian(binary.AsSpan(4), 0.75f);
            var path = Write($"{part}/complete/02691156/{model}.pcd", "");
            File.WriteAllBytes(path, [.. Encoding.ASCII.GetBytes(Pcd("binary", 3)), .. binary]);
        }

        var pcn = new PcnFolder(_folder, 1, 4);
        var pair = pcn.Make("test", 0);
        Assert.Equal(1, pcn.Count("test"));
        Assert.Equal([0, 0.75f, 0, 0, 0, 0, 0, 0, 0], pair.Complete);
        // Two points seen, four wanted: each twice.
        Assert.Equal(2, Enumerable.Range(0, 4).Count(i => pair.Partial[i * 3] == 0.5f));
        Assert.Equal(12, pcn.Make("train", 5).Partial.Length);
        Assert.Contains("binary_compressed", Assert.Throws<InvalidDataException>(() => PcdFile.Read(Write("c.pcd", Pcd("binary_compressed", 1)))).Message, StringComparison.Ordinal);
        File.Delete(Path.Combine(_folder, "val", "complete", "02691156", "m2.pcd"));
        Assert.Throws<DataMissingException>(() => pcn.Make("val", 0));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(2, 3)]
    [InlineData(4, 2)]
    [InlineData(6, 4)]
    public void Png_OfEveryKindAndFilter(int colourType, int samples)
    {
        var random = new CounterRandom(8, colourType);
        var (width, height) = (7, 10);
        var pixels = Enumerable.Range(0, width * height * samples).Select(_ => (byte)random.Next(256)).ToArray();
        var path = Path.Combine(_folder, "a.png");
        File.WriteAllBytes(path, Encode(pixels, width, height, samples, colourType));
        var picture = PngFile.Read(path);
        Assert.Equal((3, height, width), (picture.Channels, picture.Height, picture.Width));
        for (var i = 0; i < width * height; i++)
        {
            for (var colour = 0; colour < 3; colour++)
            {
                Assert.Equal(pixels[(i * samples) + (samples > 2 ? colour : 0)], Math.Round((picture.Values[(colour * width * height) + i] + 1) * 127.5));
            }
        }

        File.WriteAllBytes(path, File.ReadAllBytes(path)[..60]);
        Assert.Throws<InvalidDataException>(() => PngFile.Read(path));
    }

    [Fact]
    public void Resize_KeepsConstantsAndRamps()
    {
        var flat = new Picture(1, 8, 8, [.. Enumerable.Repeat(0.3f, 64)]);
        Assert.All(flat.Resize(2, 2).Resize(8, 8).Values, value => Assert.Equal(0.3f, value, 5));
        // Away from the borders cubic convolution reproduces a straight line.
        var ramp = new Picture(1, 1, 32, [.. Enumerable.Range(0, 32).Select(x => (x / 31f) - 0.5f)]);
        var half = ramp.Resize(1, 16);
        Assert.All(Enumerable.Range(4, 8), x => Assert.Equal(((2 * x) + 0.5) / 31 - 0.5, half.Values[x], 4));
        Assert.All(Enumerable.Range(8, 16), x => Assert.Equal(ramp.Values[x], half.Resize(1, 32).Values[x], 3));
        Assert.Equal(ramp.Values, ramp.Resize(1, 32).Values, (a, b) => Math.Abs(a - b) < 1e-6);
    }

    [Fact]
    public void Fields_AreTheSameAgainAndHaveDetail()
    {
        var fields = PictureSource.Fields(9, 28, 100, 10);
        var picture = fields.Make(0, 4);
        Assert.Equal(picture.Values, fields.Make(0, 4).Values);
        Assert.NotEqual(picture.Values, fields.Make(2, 4).Values);
        Assert.True(picture.Values.Max() - picture.Values.Min() > 0.5);
    }

    private static string Pcd(string data, int points) =>
        $"# .PCD v0.7\nVERSION 0.7\nFIELDS x y z\nSIZE 4 4 4\nTYPE F F F\nCOUNT 1 1 1\nWIDTH {points}\nHEIGHT 1\nPOINTS {points}\nDATA {data}\n";

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    /// <summary>Writes a PNG whose lines take the five filters in turn.</summary>
    private static byte[] Encode(byte[] pixels, int width, int height, int samples, int colourType)
    {
        using var raw = new MemoryStream();
        var bytes = width * samples;
        for (var y = 0; y < height; y++)
        {
            var filter = y % 5;
            raw.WriteByte((byte)filter);
            for (var x = 0; x < bytes; x++)
            {
                int left = x >= samples ? pixels[(y * bytes) + x - samples] : 0, up = y > 0 ? pixels[((y - 1) * bytes) + x] : 0;
                int corner = x >= samples && y > 0 ? pixels[((y - 1) * bytes) + x - samples] : 0;
                int pa = Math.Abs(up - corner), pb = Math.Abs(left - corner), pc = Math.Abs(left + up - (2 * corner));
                var predicted = filter switch { 0 => 0, 1 => left, 2 => up, 3 => (left + up) / 2, _ => pa <= pb && pa <= pc ? left : pb <= pc ? up : corner };
                raw.WriteByte((byte)(pixels[(y * bytes) + x] - predicted));
            }
        }

        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            raw.Position = 0;
            raw.CopyTo(zlib);
        }

        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9]) = (8, (byte)colourType);
        return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, .. Chunk("IHDR", header), .. Chunk("IDAT", packed.ToArray()), .. Chunk("IEND", [])];

        static byte[] Chunk(string kind, byte[] body)
        {
            var chunk = new byte[body.Length + 12];
            BinaryPrimitives.WriteInt32BigEndian(chunk, body.Length);
            Encoding.ASCII.GetBytes(kind, chunk.AsSpan(4));
            body.CopyTo(chunk, 8);
            return chunk;
        }
    }
}
