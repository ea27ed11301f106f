using System.Runtime.CompilerServices;
using System.Text.Json;
using Bench.Data;

namespace Bench.Web.Tests.Api;

public sealed class ApiDescriptionTests
{
    /// <summary>A change of the API shows as a change of this file. BENCH_UPDATE_SNAPSHOTS=1 writes it anew.</summary>
    [Fact]
    public async Task Description_equals_the_one_that_is_checked_in()
    {
        await using var site = await TestSite.StartAsync(DatabaseKind.Sqlite);
        using var client = site.Anonymous();
        var served = Normalize(await client.GetStringAsync("openapi/v1.json"));
        var path = SnapshotPath();
        if (Environment.GetEnvironmentVariable("BENCH_UPDATE_SNAPSHOTS") == "1")
        {
            await File.WriteAllTextAsync(path, served);
        }

        Assert.True(
            Normalize(await File.ReadAllTextAsync(path)) == served,
            "The API differs from docs/openapi/v1.json. If that is meant, run this test with BENCH_UPDATE_SNAPSHOTS=1 and commit the file.");
    }

    [Fact]
    public async Task Every_operation_has_an_id_a_summary_and_its_errors()
    {
        await using var site = await TestSite.StartAsync(DatabaseKind.Sqlite);
        using var client = site.Anonymous();
        var document = JsonDocument.Parse(await client.GetStringAsync("openapi/v1.json")).RootElement;

        Assert.StartsWith("3.1", document.GetProperty("openapi").GetString(), StringComparison.Ordinal);
        foreach (var path in document.GetProperty("paths").EnumerateObject())
        {
            foreach (var operation in path.Value.EnumerateObject())
            {
                var place = $"{operation.Name} {path.Name}";
                Assert.True(operation.Value.TryGetProperty("operationId", out _), $"{place} has no operationId");
                Assert.True(operation.Value.TryGetProperty("summary", out _), $"{place} has no summary");
                var responses = operation.Value.GetProperty("responses").EnumerateObject().Select(response => response.Name).ToList();
                Assert.True(
                    !operation.Value.TryGetProperty("security", out _) || (responses.Contains("401") && responses.Contains("403")),
                    $"{place} does not list 401 and 403");
            }
        }
    }

    private static string Normalize(string json) =>
        JsonSerializer.Serialize(JsonDocument.Parse(json).RootElement, IndentedJson.Options).ReplaceLineEndings("\n") + "\n";

    private static string SnapshotPath([CallerFilePath] string source = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(source)!, "../../../docs/openapi/v1.json"));

    private static class IndentedJson
    {
        public static JsonSerializerOptions Options { get; } = new() { WriteIndented = true };
    }
}
