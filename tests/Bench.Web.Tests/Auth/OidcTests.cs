using System.Net;
using Bench.Data;
using Bench.Data.Rows;
using Bench.Data.Tests;
using Bench.Web.Auth;
using Microsoft.EntityFrameworkCore;

namespace Bench.Web.Tests.Auth;

public sealed class OidcTests
{
    [Theory]
    [InlineData("viewer")]
    [InlineData("submitter", "students", "bench-users")]
    [InlineData("maintainer", "bench-users", "bench-admins")]
    public async Task Provider_signs_somebody_in_with_the_role_of_the_claim(string role, params string[] groups)
    {
        await using var provider = await FakeProvider.StartAsync();
        provider.Person = ("42", "grace", groups);
        await using var site = await StartAsync(provider);
        using var browser = site.CreateClient();

        var page = await browser.GetStringAsync("account/single-sign-on");

        Assert.Contains($"Signed in as <strong>grace</strong> ({role})", page, StringComparison.Ordinal);
        await using var db = site.Database.Open();
        var user = await db.Users.SingleAsync(row => row.Name == "grace");
        Assert.Equal(($"{provider.Authority}|42", null as string), (user.ExternalLogin, user.PasswordHash));
    }

    [Fact]
    public async Task Same_person_comes_back_to_the_same_account_and_a_changed_role_ends_the_old_session()
    {
        await using var provider = await FakeProvider.StartAsync();
        provider.Person = ("42", "grace", ["bench-admins"]);
        await using var site = await StartAsync(provider);
        using var before = site.CreateClient();
        await before.GetStringAsync("account/single-sign-on");

        provider.Person = ("42", "grace", []);
        using var after = site.CreateClient();
        var page = await after.GetStringAsync("account/single-sign-on");

        Assert.Contains("(viewer)", page, StringComparison.Ordinal);
        Assert.DoesNotContain("Signed in as", await before.GetStringAsync("account"), StringComparison.Ordinal);
        Assert.Equal(2, await site.Database.CountAsync<UserRow>());
    }

    [Fact]
    public async Task Name_at_the_provider_gives_no_access_to_an_account_of_that_name()
    {
        await using var provider = await FakeProvider.StartAsync();
        provider.Person = ("7", "ADMIN", []);
        await using var site = await StartAsync(provider);
        using var browser = site.CreateClient();

        var page = await browser.GetStringAsync("account/single-sign-on");

        Assert.Contains("(viewer)", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<strong>admin</strong>", page, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Token_for_another_sign_in_is_refused()
    {
        await using var provider = await FakeProvider.StartAsync();
        provider.WrongNonce = "stolen";
        await using var site = await StartAsync(provider);
        using var browser = site.CreateClient();

        var page = await browser.GetStringAsync("account/single-sign-on");

        Assert.Contains("did not succeed", page, StringComparison.Ordinal);
        Assert.Equal(1, await site.Database.CountAsync<UserRow>());
    }

    [Fact]
    public async Task Without_configuration_there_is_no_such_sign_in()
    {
        await using var site = await TestSite.StartAsync(DatabaseKind.Sqlite);
        using var browser = site.Anonymous();

        using var answer = await browser.GetAsync("account/single-sign-on");

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    [Theory]
    [InlineData("viewer")]
    [InlineData("viewer", "admins")]
    [InlineData("maintainer", "admins", "root")]
    public void Without_a_configured_value_nobody_becomes_a_maintainer(string role, params string[] values) =>
        Assert.Equal(role, new OidcOptions { MaintainerValue = values.Contains("root") ? "root" : "" }.RoleOf(values));

    private static Task<TestSite> StartAsync(FakeProvider provider) => TestSite.StartAsync(
        DatabaseKind.Sqlite, ("Accounts:AdminPassword", "correct horse battery"), ("Oidc:Authority", provider.Authority), ("Oidc:ClientId", "bench"),
        ("Oidc:ClientSecret", "hush"), ("Oidc:RequireHttps", "false"), ("Oidc:MaintainerValue", "bench-admins"), ("Oidc:SubmitterValue", "bench-users"));
}
