using Bench.Data.Rows;
using Bench.Domain.Protocol;
using Microsoft.EntityFrameworkCore;

namespace Bench.Data.Tests;

/// <summary>What most tests begin with.</summary>
public static class TestDatabaseExtensions
{
    /// <summary>Enrols and registers an agent.</summary>
    public static async Task<AgentRow> AgentAsync(this TestDatabase test, string name = "tester", AgentRegistration? registration = null)
    {
        var (code, _) = await test.AgentsAsync(agents => agents.NewCodeAsync("test"));
        var answer = (await test.AgentsAsync(agents => agents.EnrollAsync(new EnrollmentRequest(code, name))))!;
        return await test.AgentsAsync(agents => agents.RegisterAsync(answer.AgentId, registration ?? Samples.Registration(), 1));
    }

    /// <summary>Pushes a suite over the lengths and queues it.</summary>
    public static Task<EnqueueAnswer> QueueAsync(this TestDatabase test, string suite, params int[] lengths) => test.SuitesAsync(async suites =>
    {
        await suites.PutAsync(Samples.Plan(suite, lengths));
        return (await suites.EnqueueAsync(new EnqueueRequest(suite), null))!;
    });

    /// <summary>How many rows a table has.</summary>
    public static async Task<int> CountAsync<T>(this TestDatabase test)
        where T : class
    {
        await using var db = test.Open();
        return await db.Set<T>().CountAsync();
    }
}
