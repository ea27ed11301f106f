using System.Text.Json;
using Microsoft.EntityFrameworkCore;

namespace Bench.Data.Mapping;

/// <summary>Columns, keys and indices are named in snake_case, so that SQL written by hand needs no quotes.</summary>
internal static class SnakeCaseNames
{
    /// <summary>Renames the columns of every table that is mapped so far.</summary>
    public static void UseSnakeCaseColumns(this ModelBuilder model)
    {
        foreach (var property in model.Model.GetEntityTypes().SelectMany(entity => entity.GetProperties()))
        {
            property.SetColumnName(JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name));
        }
    }
}
