using Bench.Data;
using Microsoft.EntityFrameworkCore;

namespace Bench.Web.Features;

/// <summary>A kind of environment whose numbers may be compared with each other.</summary>
/// <param name="Key">Comparability key.</param>
/// <param name="DeviceClass">Coarse kind of device.</param>
/// <param name="Device">Model of the device, where the environment says so.</param>
/// <param name="Cells">Cells that have a result there.</param>
/// <param name="UpdatedAt">Newest result.</param>
internal sealed record EnvironmentGroup(string Key, string DeviceClass, string Device, int Cells, DateTimeOffset UpdatedAt)
{
    /// <summary>Groups that have results of the given tasks, the richest first.</summary>
    public static async Task<IReadOnlyList<EnvironmentGroup>> ListAsync(
        BenchDbContext db, IReadOnlyCollection<string> tasks, CancellationToken cancellation)
    {
        // Index (task, pattern) of cells, then the key of cell_states.
        var groups = await db.Cells.Where(cell => tasks.Contains(cell.Task))
            .Join(db.CellStates, cell => cell.Id, state => state.CellId, (_, state) => state)
            .GroupBy(state => new { state.ComparabilityKey, state.DeviceClass })
            .Select(group => new
            {
                group.Key.ComparabilityKey,
                group.Key.DeviceClass,
                Cells = group.Count(),
                UpdatedAt = group.Max(state => state.UpdatedAt),
            })
            .ToListAsync(cancellation);
        var keys = groups.Select(group => group.ComparabilityKey).ToList();
        var facts = (await db.Environments.AsNoTracking().Where(row => keys.Contains(row.ComparabilityKey)).ToListAsync(cancellation))
            .GroupBy(row => row.ComparabilityKey).ToDictionary(group => group.Key, group => group.First().Facts);
        return [.. groups
            .OrderByDescending(group => group.Cells).ThenByDescending(group => group.UpdatedAt).ThenBy(group => group.ComparabilityKey)
            .Select(group => new EnvironmentGroup(
                group.ComparabilityKey, group.DeviceClass,
                facts.GetValueOrDefault(group.ComparabilityKey)?.GetValueOrDefault("device.model") ?? group.DeviceClass,
                group.Cells, group.UpdatedAt))];
    }
}
