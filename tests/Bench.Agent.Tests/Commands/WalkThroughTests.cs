using System.Diagnostics;
using System.Net;
using System.Text.RegularExpressions;
using Bench.Agent.Up;

namespace Bench.Agent.Tests.Commands;

/// <summary>The commands of <c>docs/run-an-agent.md</c>, executed as they are written there, against a real site.</summary>
public sealed partial class WalkThroughTests : IDisposable
{
    private const string Password = "correct horse battery";
    private readonly string _folder = Directory.CreateTempSubdirectory("bench-walk-").FullName;

    [Fact]
    [Trait("Category", "Slow")]
    public async Task Commands_of_the_agent_guide_enrol_run_drain_and_resume_an_agent()
    {
        var guide = await File.ReadAllTextAsync(BenchProcess.ProjectFile("docs/run-an-agent.md"));
        var script = string.Join("\n", Blocks().Matches(guide).Select(block => block.Groups[1].Value));
        Assert.True(Regex.Count(script, @"\./bench agent") >= 7, "the guide's commands were not found");
        await using var site = await SiteProcess.StartAsync(
            Path.Combine(_folder, "site"), 5510, "", TestContext.Current.CancellationToken,
            new Dictionary<string, string> { ["Accounts__AdminPassword"] = Password, ["ConnectionStrings__Bench"] = "" });
        await File.WriteAllTextAsync(Path.Combine(_folder, "bench"), $"#!/bin/sh\nexec dotnet '{Path.Combine(AppContext.BaseDirectory, "bench.dll")}' \"$@\"\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(Path.Combine(_folder, "bench"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }


        var (exit, output) = await ShellAsync("set -e\n" + script, site.Address, await MaintainerKeyAsync(site.Address));

        Assert.True(exit == 0, output);
        Assert.Contains("Enrolled as lab-a", output, StringComparison.Ordinal);
        Assert.Contains("server ready", output, StringComparison.Ordinal);
        Assert.Contains("Drained: nothing is held", output, StringComparison.Ordinal);
        Assert.Contains("Active: it takes work again", output, StringComparison.Ordinal);
        Assert.Contains("0 results sent", output, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(_folder, "enrollment-code")), "the one-time code was left behind");
    }

    /// <inheritdoc />
    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task<(int ExitCode, string Output)> ShellAsync(string script, Uri server, string key)
    {
        var start = new ProcessStartInfo("/bin/bash", ["-c", script])
        {
            WorkingDirectory = _folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["BENCH_SERVER"] = server.ToString();
        start.Environment["BENCH_KEY"] = key;
        start.Environment["BENCH_AGENT_HOME"] = Path.Combine(_folder, "home");
        using var shell = Process.Start(start)!;
        var (output, error) = (shell.StandardOutput.ReadToEndAsync(), shell.StandardError.ReadToEndAsync());
        await shell.WaitForExitAsync();
        return (shell.ExitCode, await output + await error);
    }

    /// <summary>What a maintainer does on the account page: signs in and asks for a key.</summary>
    private static async Task<string> MaintainerKeyAsync(Uri server)
    {
        using var browser = new HttpClient(new HttpClientHandler { CookieContainer = new CookieContainer() }) { BaseAddress = server };
        await PostAsync(browser, "sign-in", ("Input.Name", "admin"), ("Input.Password", Password));
        return WebUtility.HtmlDecode(Secret().Match(await PostAsync(browser, "new-key")).Groups[1].Value);
    }

    private static async Task<string> PostAsync(HttpClient browser, string form, params (string Key, string Value)[] fields)
    {
        var token = WebUtility.HtmlDecode(Token().Match(await browser.GetStringAsync("account")).Groups[1].Value);
        using var answer = await browser.PostAsync("account", new FormUrlEncodedContent(
        [
            new("_handler", form), new("__RequestVerificationToken", token), .. fields.Select(field => KeyValuePair.Create(field.Key, field.Value)),
        ]));
        return await answer.Content.ReadAsStringAsync();
    }

    [GeneratedRegex("```sh\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Blocks();

    [GeneratedRegex("name=\"__RequestVerificationToken\" value=\"([^\"]+)\"")]
    private static partial Regex Token();

    [GeneratedRegex("<pre><code>([^<]+)</code></pre>")]
    private static partial Regex Secret();
}
