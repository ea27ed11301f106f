namespace Bench.Suites.Harness;

/// <summary>Every task of this assembly, found by scan.</summary>
public static class TaskCatalogue
{
    private static readonly SortedDictionary<string, BenchTask> ById = new(
        typeof(TaskCatalogue).Assembly.GetTypes()
            .Where(type => !type.IsAbstract && type.IsSubclassOf(typeof(BenchTask)))
            .Select(type => (BenchTask)Activator.CreateInstance(type)!)
            .ToDictionary(task => task.Entry.Id, StringComparer.Ordinal),
        StringComparer.Ordinal);

    /// <summary>All tasks in order of their ids.</summary>
    public static IReadOnlyCollection<BenchTask> All => ById.Values;

    /// <summary>Whether there is a task with this id.</summary>
    public static bool Contains(string id) => ById.ContainsKey(id);

    /// <summary>The task with this id.</summary>
    /// <exception cref="KeyNotFoundException">There is none; the message lists all.</exception>
    public static BenchTask Get(string id) => ById.TryGetValue(id, out var task)
        ? task
        : throw new KeyNotFoundException($"There is no task '{id}'; there are {string.Join(", ", ById.Keys)}.");
}
