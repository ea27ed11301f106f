using System.Net;
using System.Text.RegularExpressions;
using Bench.Data;
using Bench.Data.Rows;
using Microsoft.EntityFrameworkCore;

namespace Bench.Web.Tests.Auth;

public sealed partial class AccountTests
{
    private const string Password = "correct horse battery";

    [Fact]
    public async Task Maintainer_signs_in_and_gets_a_code_that_enrols_an_agent()
    {
        await using var site = await StartAsync();
        using var browser = site.CreateClient();
        await PostAsync(browser, "sign-in", ("Input.Name", "admin"), ("Input.Password", Password));

        var page = await PostAsync(browser, "new-code");

        var code = WebUtility.HtmlDecode(Secret().Match(page).Groups[1].Value);
        using var anonymous = site.Anonymous();
        var answer = await TestSite.PostAsync<Domain.Protocol.EnrollmentAnswer>(
            anonymous, "api/v1/enrollments", new Domain.Protocol.EnrollmentRequest(code, "gpu-1"));
        Assert.Equal("gpu-1", answer.Name);
        await using var db = site.Database.Open();
        Assert.Contains(await db.Audit.Select(row => row.Action).ToListAsync(), action => action == "enrollment.code-created");
    }

    [Fact]
    public async Task Five_wrong_passwords_lock_the_account_also_for_the_right_one()
    {
        await using var site = await StartAsync();
        using var browser = site.CreateClient();
        for (var i = 0; i < 5; i++)
        {
            Assert.Contains("role=\"alert\"", await PostAsync(browser, "sign-in", ("Input.Name", "admin"), ("Input.Password", "wrong")), StringComparison.Ordinal);
        }

        Assert.Contains("role=\"alert\"", await PostAsync(browser, "sign-in", ("Input.Name", "admin"), ("Input.Password", Password)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Form_without_its_antiforgery_token_is_refused()
    {
        await using var site = await StartAsync();
        using var browser = site.CreateClient();

        using var answer = await browser.PostAsync("account", new FormUrlEncodedContent(
            [new("_handler", "sign-in"), new("Input.Name", "admin"), new("Input.Password", Password)]));

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Fact]
    public async Task Session_does_not_open_the_api()
    {
        await using var site = await StartAsync();
        using var browser = site.CreateClient();
        await PostAsync(browser, "sign-in", ("Input.Name", "admin"), ("Input.Password", Password));

        using var answer = await browser.PostAsync("api/v1/enrollments/codes", null);

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
    }

    [Fact]
    public async Task Signing_out_everywhere_ends_other_sessions()
    {
        await using var site = await StartAsync();
        using var first = site.CreateClient();
        using var second = site.CreateClient();
        foreach (var browser in new[] { first, second })
        {
            await PostAsync(browser, "sign-in", ("Input.Name", "admin"), ("Input.Password", Password));
        }

        await PostAsync(first, "sign-out-everywhere");

        Assert.DoesNotContain("Signed in as", await second.GetStringAsync("account"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Password_is_not_stored()
    {
        await using var site = await StartAsync();
        await using var db = site.Database.Open();

        var user = await db.Set<UserRow>().SingleAsync();

        Assert.DoesNotContain(Password, user.PasswordHash, StringComparison.Ordinal);
        Assert.Equal("maintainer", user.Role);
    }

    [Fact]
    public async Task Pages_forbid_foreign_scripts_and_frames()
    {
        await using var site = await StartAsync();
        using var browser = site.CreateClient();

        using var answer = await browser.GetAsync("account");

        var policy = answer.Headers.GetValues("Content-Security-Policy").Single();
        Assert.Contains("script-src 'self';", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.False(answer.Headers.Contains("Server"));
    }

    private static Task<TestSite> StartAsync() => TestSite.StartAsync(DatabaseKind.Sqlite, ("Accounts:AdminPassword", Password));

    private static async Task<string> PostAsync(HttpClient browser, string form, params (string Key, string Value)[] fields)
    {
        var page = await browser.GetStringAsync("account");
        var token = WebUtility.HtmlDecode(Token().Match(page).Groups[1].Value);
        using var answer = await browser.PostAsync("account", new FormUrlEncodedContent(
        [
            new("_handler", form), new("__RequestVerificationToken", token),
            .. fields.Select(field => KeyValuePair.Create(field.Key, field.Value)),
        ]));
        return await answer.Content.ReadAsStringAsync();
    }

    [GeneratedRegex("name=\"__RequestVerificationToken\" value=\"([^\"]+)\"")]
    private static partial Regex Token();

    [GeneratedRegex("<pre><code>([^<]+)</code></pre>")]
    private static partial Regex Secret();
}
