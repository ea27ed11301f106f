using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace Bench.Data.Mapping;

/// <summary>Instants are UTC in both databases: <c>timestamptz</c> on PostgreSQL, sortable text on SQLite.</summary>
internal sealed class UtcDateTime() : ValueConverter<DateTime, DateTime>(
    value => value.Kind == DateTimeKind.Utc ? value : value.ToUniversalTime(),
    value => DateTime.SpecifyKind(value, DateTimeKind.Utc));
