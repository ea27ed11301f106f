using System.Collections.Concurrent;
using System.Data.Common;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace Bench.Browser.Tests;

/// <summary>Keeps the SQL commands of requests that ask for it, so that a page that asks once for each row is noticed.</summary>
public sealed class CommandCount : DbCommandInterceptor, IStartupFilter
{
    /// <summary>Header whose value names the request.</summary>
    public const string Header = "Bench-Count-As";

    private readonly ConcurrentDictionary<string, ConcurrentQueue<string>> _commands = new(StringComparer.Ordinal);
    private readonly AsyncLocal<ConcurrentQueue<string>?> _current = new();

    /// <summary>What a request sent.</summary>
    public IReadOnlyList<string> Of(string request) => _commands.TryGetValue(request, out var commands) ? [.. commands] : [];

    /// <inheritdoc />
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use(async (context, rest) =>
        {
            if (context.Request.Headers[Header].ToString() is { Length: > 0 } name)
            {
                _current.Value = _commands.GetOrAdd(name, _ => []);
            }

            await rest(context);
        });
        next(app);
    };

    /// <inheritdoc />
    public override ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(
        DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result, CancellationToken cancellationToken = default)
    {
        _current.Value?.Enqueue(command.CommandText);
        return base.ReaderExecutingAsync(command, eventData, result, cancellationToken);
    }
}
