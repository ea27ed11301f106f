using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Bench.Data;
using Bench.Data.Rows;
using Bench.Data.Tests;
using Microsoft.EntityFrameworkCore;

namespace Bench.Web.Tests.Auth;

public sealed partial class PasskeyTests
{
    private const string Password = "correct horse battery";

    [Fact]
    public async Task Passkey_signs_in_without_a_password_and_its_use_is_noted()
    {
        await using var site = await StartAsync();
        using var authenticator = new SoftwareAuthenticator(site.ClientOptions.BaseAddress);
        using var browser = await SignedInAsync(site);
        await AddAsync(browser, authenticator);

        using var other = site.CreateClient();
        using var answer = await SignInAsync(other, authenticator);

        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        Assert.Contains("Signed in as <strong>admin</strong>", await other.GetStringAsync("account"), StringComparison.Ordinal);
        await using var db = site.Database.Open();
        var passkey = await db.Set<PasskeyRow>().SingleAsync();
        Assert.Equal(("phone", 1L), (passkey.Name, passkey.SignCount));
        Assert.NotNull(passkey.LastUsedAt);
        Assert.Contains("passkey.added", await db.Audit.Select(row => row.Action).ToListAsync());
    }

    [Fact]
    public async Task Answer_to_an_old_challenge_and_a_copied_authenticator_are_refused()
    {
        await using var site = await StartAsync();
        using var authenticator = new SoftwareAuthenticator(site.ClientOptions.BaseAddress);
        using var browser = await SignedInAsync(site);
        await AddAsync(browser, authenticator);
        using var other = site.CreateClient();
        var options = await OptionsAsync(other, "request-options");
        var credential = authenticator.Get(options);
        using var first = await PostAsync(other, "sign-in", new { credential });
        using var anew = site.CreateClient();

        await OptionsAsync(anew, "request-options");
        using var replayed = await PostAsync(anew, "sign-in", new { credential });
        using var withoutChallenge = await PostAsync(site.CreateClient(), "sign-in", new { credential });
        authenticator.Counter = 0;
        using var copied = await SignInAsync(site.CreateClient(), authenticator);

        Assert.Equal(HttpStatusCode.NoContent, first.StatusCode);
        Assert.All([replayed, withoutChallenge, copied], answer => Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode));
    }

    [Fact]
    public async Task Unknown_authenticator_and_foreign_origin_are_refused()
    {
        await using var site = await StartAsync();
        using var known = new SoftwareAuthenticator(site.ClientOptions.BaseAddress);
        using var browser = await SignedInAsync(site);
        await AddAsync(browser, known);
        using var unknown = new SoftwareAuthenticator(site.ClientOptions.BaseAddress);
        using var phisher = new SoftwareAuthenticator(new Uri("https://bench.example.evil/"));

        using var stranger = await SignInAsync(site.CreateClient(), unknown);
        var options = await OptionsAsync(browser, "creation-options");
        using var phished = await PostAsync(browser, "", new { credential = phisher.Create(options), name = "x" });

        Assert.Equal(HttpStatusCode.Unauthorized, stranger.StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, phished.StatusCode);
        Assert.Equal(1, await site.Database.CountAsync<PasskeyRow>());
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("{\"id\":\"\",\"response\":{}}")]
    [InlineData("not json")]
    public async Task Nonsense_in_place_of_a_credential_is_refused_without_a_failure(string credential)
    {
        await using var site = await StartAsync();
        using var browser = site.CreateClient();
        await OptionsAsync(browser, "request-options");

        using var answer = await PostAsync(browser, "sign-in", new { credential });

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
    }

    [Fact]
    public async Task Call_without_the_antiforgery_token_is_refused()
    {
        await using var site = await StartAsync();
        using var browser = site.CreateClient();

        using var answer = await browser.PostAsJsonAsync("account/passkeys/request-options", new { });

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
    }

    private static Task<TestSite> StartAsync() => TestSite.StartAsync(DatabaseKind.Sqlite, ("Accounts:AdminPassword", Password));

    private static async Task<HttpClient> SignedInAsync(TestSite site)
    {
        var browser = site.CreateClient();
        using var answer = await browser.PostAsync("account", new FormUrlEncodedContent(
        [
            new("_handler", "sign-in"), new("__RequestVerificationToken", await TokenAsync(browser)), new("Input.Name", "admin"), new("Input.Password", Password),
        ]));
        answer.EnsureSuccessStatusCode();
        return browser;
    }

    private static async Task AddAsync(HttpClient browser, SoftwareAuthenticator authenticator)
    {
        var options = await OptionsAsync(browser, "creation-options");
        using var added = await PostAsync(browser, "", new { credential = authenticator.Create(options), name = "phone" });
        Assert.True(added.StatusCode == HttpStatusCode.NoContent, await added.Content.ReadAsStringAsync());
    }

    private static async Task<HttpResponseMessage> SignInAsync(HttpClient browser, SoftwareAuthenticator authenticator) =>
        await PostAsync(browser, "sign-in", new { credential = authenticator.Get(await OptionsAsync(browser, "request-options")) });

    private static async Task<JsonElement> OptionsAsync(HttpClient browser, string which)
    {
        using var answer = await PostAsync(browser, which, new { });
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    private static async Task<HttpResponseMessage> PostAsync(HttpClient browser, string call, object body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"account/passkeys/{call}") { Content = JsonContent.Create(body) };
        request.Headers.Add("RequestVerificationToken", await TokenAsync(browser));
        // As browsers do.
        request.Headers.Add("Origin", browser.BaseAddress!.GetLeftPart(UriPartial.Authority));
        return await browser.SendAsync(request);
    }

    private static async Task<string> TokenAsync(HttpClient browser) =>
        WebUtility.HtmlDecode(Token().Match(await browser.GetStringAsync("account")).Groups[1].Value);

    [GeneratedRegex("name=\"__RequestVerificationToken\" value=\"([^\"]+)\"")]
    private static partial Regex Token();
}
