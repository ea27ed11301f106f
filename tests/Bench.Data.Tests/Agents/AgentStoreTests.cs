using Bench.Data.Agents;
using Bench.Data.Rows;
using Bench.Domain.Leasing;
using Bench.Domain.Protocol;
using Microsoft.EntityFrameworkCore;

namespace Bench.Data.Tests.Agents;

public sealed class AgentStoreTests
{
    public static TheoryData<DatabaseKind> Kinds => TestDatabase.Kinds;

    [Theory, MemberData(nameof(Kinds))]
    public async Task Code_gives_one_key_however_many_ask_at_once(DatabaseKind kind)
    {
        await using var test = await TestDatabase.CreateAsync(kind);
        var (code, _) = await test.AgentsAsync(agents => agents.NewCodeAsync("test"));

        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => Task.Run(() =>
            test.AgentsAsync(agents => agents.EnrollAsync(new EnrollmentRequest(code, $"agent-{i}"))))));

        Assert.Single(answers, answer => answer is not null);
        Assert.Equal(1, await test.CountAsync<ApiKeyRow>());
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Expired_code_gives_no_key(DatabaseKind kind)
    {
        await using var test = await TestDatabase.CreateAsync(kind);
        var (code, _) = await test.AgentsAsync(agents => agents.NewCodeAsync("test"));
        test.Clock.Advance(AgentStore.CodeLifetime);

        Assert.Null(await test.AgentsAsync(agents => agents.EnrollAsync(new EnrollmentRequest(code, "late"))));
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Key_is_found_only_as_a_whole_and_its_secret_is_not_stored(DatabaseKind kind)
    {
        await using var test = await TestDatabase.CreateAsync(kind);
        var key = await EnrolledAsync(test);
        await using var db = test.Open();
        var keys = new KeyRing(db, test.Clock);

        Assert.NotNull(await keys.FindAsync(key));
        Assert.Null(await keys.FindAsync(key[..^1] + (key[^1] == 'A' ? 'B' : 'A')));
        Assert.Null(await keys.FindAsync(key[..21]));
        Assert.Null(await keys.FindAsync("ab_agent_"));
        Assert.Null(await keys.FindAsync(key.Replace("ab_agent_", "ab_user_", StringComparison.Ordinal)));
        var row = await db.ApiKeys.SingleAsync();
        Assert.DoesNotContain(key[22..], $"{row.Id}{row.Prefix}{Convert.ToBase64String(row.Hash)}{row.Name}", StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Rotated_key_works_ten_more_minutes_beside_the_new_one(DatabaseKind kind)
    {
        await using var test = await TestDatabase.CreateAsync(kind);
        var old = await EnrolledAsync(test);
        await using var db = test.Open();
        var agentId = (await db.Agents.SingleAsync()).Id;

        var fresh = await test.AgentsAsync(agents => agents.RotateAsync(agentId, "test"));

        var keys = new KeyRing(db, test.Clock);
        Assert.NotNull(await keys.FindAsync(old));
        Assert.NotNull(await keys.FindAsync(fresh));
        test.Clock.Advance(KeyRing.RotationOverlap);
        Assert.Null(await keys.FindAsync(old));
        Assert.Equal(Scopes.Agent.Order(), (await keys.FindAsync(fresh))!.Scopes.Order());
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Retired_agent_loses_its_keys_at_once(DatabaseKind kind)
    {
        await using var test = await TestDatabase.CreateAsync(kind);
        var key = await EnrolledAsync(test);
        await using var db = test.Open();

        await test.AgentsAsync(async agents =>
            await agents.ChangeStateAsync((await db.Agents.SingleAsync()).Id, AgentState.Retired, "test"));

        Assert.Null(await new KeyRing(db, test.Clock).FindAsync(key));
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Catalogue_of_the_newest_agent_replaces_what_was_known(DatabaseKind kind)
    {
        await using var test = await TestDatabase.CreateAsync(kind);
        await test.AgentAsync("first", Samples.Registration("b1", "softmax/naive"));
        await test.AgentAsync("second", Samples.Registration("b2", "softmax/naive", "local/naive"));

        await using var db = test.Open();
        Assert.Equal(["local/naive", "softmax/naive"], await db.Implementations.Select(row => row.Id).Order().ToListAsync());
        Assert.Equal(["efficiency/forward", "recall/mqar"], await db.Tasks.Select(row => row.Id).Order().ToListAsync());
    }

    private static async Task<string> EnrolledAsync(TestDatabase test)
    {
        var (code, _) = await test.AgentsAsync(agents => agents.NewCodeAsync("test"));
        return (await test.AgentsAsync(agents => agents.EnrollAsync(new EnrollmentRequest(code, "tester"))))!.Key;
    }
}
