using System.Buffers.Binary;
using System.Text.Json.Nodes;
using Bench.Suites.Conformance;

namespace Bench.Suites.Tests.Conformance;

/// <summary>The runner must notice whatever is wrong with a case; a folder is copied and damaged.</summary>
public sealed class ConformanceRunnerTests : IDisposable
{
    private const string Case = "local_cs_core_w5.safetensors";
    private readonly string _folder = Directory.CreateTempSubdirectory("golden").FullName;

    public ConformanceRunnerTests()
    {
        var source = RepositoryFolder.Of("tests", "golden", "cab");
        File.Copy(Path.Combine(source, Case), Path.Combine(_folder, Case));
        var manifest = JsonNode.Parse(File.ReadAllText(Path.Combine(source, "manifest.json")))!.AsArray();
        Write(manifest.Single(entry => (string?)entry!["file"] == Case)!);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_sound_copy_passes()
    {
        var report = ConformanceRunner.Run(_folder);
        Assert.Equal((1, 0, 0), (report.Passed, report.Failed, report.NotImplemented));
        Assert.StartsWith("local/", report.Cases[0].Implementation, StringComparison.Ordinal);
        Assert.InRange(report.Cases[0].MaxAbsError, 0, 1e-5);
    }

    [Theory]
    [InlineData("out")]
    [InlineData("grad.k")]
    public void One_wrong_number_fails_and_is_named(string tensor)
    {
        Damage(tensor, value => value + 0.01f);
        var report = Only();
        Assert.Equal("failed", report.Status);
        Assert.Equal(tensor, report.Worst);
        Assert.InRange(report.MaxAbsError, 0.009, 0.011);
    }

    [Fact]
    public void A_number_that_is_not_finite_fails()
    {
        Damage("out", _ => float.NaN);
        Assert.Equal("failed", Only().Status);
    }

    [Fact]
    public void Another_option_than_recorded_fails()
    {
        Change(entry => entry["params"]!["wsize"] = 4);
        Assert.Equal("failed", Only().Status);
    }

    [Fact]
    public void An_unknown_mechanism_is_not_implemented_and_not_passed()
    {
        Change(entry => entry["mechanism"] = "telepathy");
        var report = ConformanceRunner.Run(_folder);
        Assert.Equal((0, 0, 1), (report.Passed, report.Failed, report.NotImplemented));
        Assert.Contains("telepathy", report.Cases[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_pattern_that_no_implementation_supports_is_not_implemented()
    {
        Change(entry => entry["pattern"] = "causal-cross");
        var report = Only();
        Assert.Equal("not-implemented", report.Status);
        Assert.Contains("causal-cross", report.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(100)]
    [InlineData(5000)]
    public void A_truncated_file_fails_with_its_name(int length)
    {
        var path = Path.Combine(_folder, Case);
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..length]);
        var report = Only();
        Assert.Equal("failed", report.Status);
        Assert.Contains(Case, report.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_file_fails()
    {
        File.Delete(Path.Combine(_folder, Case));
        var report = Only();
        Assert.Equal("failed", report.Status);
        Assert.Contains(Case, report.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_without_a_manifest_is_refused()
    {
        File.Delete(Path.Combine(_folder, "manifest.json"));
        Assert.Contains("manifest.json", Assert.Throws<FileNotFoundException>(() => ConformanceRunner.Run(_folder)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{ not json")]
    [InlineData("{\"a\": 1}")]
    [InlineData("[{\"mechanism\": \"local\"}]")]
    public void A_manifest_that_is_no_list_of_cases_is_refused(string text)
    {
        File.WriteAllText(Path.Combine(_folder, "manifest.json"), text);
        Assert.Throws<InvalidDataException>(() => ConformanceRunner.Run(_folder));
    }

    private CaseReport Only() => Assert.Single(ConformanceRunner.Run(_folder).Cases);

    private void Write(JsonNode entry) => File.WriteAllText(Path.Combine(_folder, "manifest.json"), new JsonArray(entry.DeepClone()).ToJsonString());

    private void Change(Action<JsonNode> change)
    {
        var entry = JsonNode.Parse(File.ReadAllText(Path.Combine(_folder, "manifest.json")))![0]!;
        change(entry);
        Write(entry);
    }

    /// <summary>Changes the first number of a float32 tensor.</summary>
    private void Damage(string tensor, Func<float, float> change)
    {
        var path = Path.Combine(_folder, Case);
        var bytes = File.ReadAllBytes(path);
        var header = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        var at = 8 + header + (int)JsonNode.Parse(bytes.AsSpan(8, header))![tensor]!["data_offsets"]![0]!;
        BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(at), change(BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(at))));
        File.WriteAllBytes(path, bytes);
    }
}
