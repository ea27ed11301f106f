using System.Net;
using System.Text;
using System.Text.Json;
using Bench.Domain.Protocol;

namespace Bench.Agent.Tests.Loop;

/// <summary>The server's side as a function; remembers every request.</summary>
internal sealed class FakeServer(Func<string, string, (HttpStatusCode Status, object? Body)> answer) : HttpMessageHandler
{
    public List<(string Path, string Body)> Requests { get; } = [];

    public IEnumerable<T> Sent<T>(string part)
    {
        lock (Requests)
        {
            return [.. Requests.Where(request => request.Path.Contains(part, StringComparison.Ordinal))
                .Select(request => JsonSerializer.Deserialize<T>(request.Body, WireJson.Strict)!)];
        }
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken);
        var path = $"{request.Method} {request.RequestUri!.AbsolutePath}";
        lock (Requests)
        {
            Requests.Add((path, body));
        }

        var (status, content) = answer(path, body);
        var response = new HttpResponseMessage(status);
        if (content is not null)
        {
            response.Content = new StringContent(
                JsonSerializer.Serialize(content, WireJson.Strict), Encoding.UTF8, (int)status >= 400 ? "application/problem+json" : "application/json");
        }

        return response;
    }

    public static object Problem(string type, string title, string detail) => new { type = $"https://bench/problems/{type}", title, detail };
}
