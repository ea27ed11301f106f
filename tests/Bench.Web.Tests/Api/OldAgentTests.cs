using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Bench.Data;
using Bench.Data.Tests;
using Bench.Domain.Protocol;

namespace Bench.Web.Tests.Api;

/// <summary>
/// What agents of earlier versions send, as they send it, against this server. The files under <c>Recorded</c> are never changed: when
/// the protocol moves on, a new one is added, and the oldest goes when its version is no longer understood.
/// </summary>
public sealed class OldAgentTests
{
    public static TheoryData<int, DatabaseKind> Versions
    {
        get
        {
            var data = new TheoryData<int, DatabaseKind>();
            for (var version = ProtocolRange.Present.Oldest; version < ProtocolRange.Present.Newest; version++)
            {
                data.Add(version, DatabaseKind.Sqlite);
                data.Add(version, DatabaseKind.Postgres);
            }

            return data;
        }
    }

    [Theory, MemberData(nameof(Versions))]
    public async Task Old_agent_does_its_whole_work_with_this_server(int version, DatabaseKind kind)
    {
        await using var site = await TestSite.StartAsync(kind);
        using var agent = await site.AgentAsync(register: false);
        using var person = await site.UserAsync(Data.Agents.Scopes.WriteSuites);
        var known = new Dictionary<string, string>();
        foreach (var message in JsonDocument.Parse(await File.ReadAllTextAsync(Golden(version))).RootElement.EnumerateArray())
        {
            var path = message.GetProperty("path").GetString()!;
            var client = path.StartsWith("suites", StringComparison.Ordinal) || path == "jobs" ? person : agent;
            using var request = new HttpRequestMessage(new HttpMethod(message.GetProperty("method").GetString()!), "api/v1/" + Fill(path, known));
            request.Headers.Add(WireJson.ProtocolHeader, version.ToString(System.Globalization.CultureInfo.InvariantCulture));
            if (message.GetProperty("body").ValueKind == JsonValueKind.Object)
            {
                request.Content = new StringContent(Fill(message.GetProperty("body").GetRawText(), known), Encoding.UTF8, "application/json");
            }

            using var answer = await client.SendAsync(request);
            var text = await answer.Content.ReadAsStringAsync();

            Assert.True((int)answer.StatusCode == message.GetProperty("status").GetInt32(), $"{message.GetProperty("name")}: {answer.StatusCode} {text}");
            var body = JsonDocument.Parse(text).RootElement;
            foreach (var field in message.TryGetProperty("answer", out var fields) ? fields.EnumerateArray().Select(field => field.GetString()!) : [])
            {
                Assert.True(body.TryGetProperty(field, out var value), $"{message.GetProperty("name")}: the answer lacks '{field}'");
                if (value.ValueKind == JsonValueKind.String)
                {
                    known[field] = value.GetString()!;
                }
            }
        }

        Assert.Equal(1, await site.Database.CountAsync<Data.Rows.RunRow>());
    }

    private static string Fill(string text, Dictionary<string, string> known) =>
        known.Aggregate(text, (filled, pair) => filled.Replace($"{{{pair.Key}}}", pair.Value, StringComparison.Ordinal));

    private static string Golden(int version, [CallerFilePath] string source = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(source)!, $"Recorded/v{version}.json"));
}
