using System.Diagnostics;

namespace Bench.Agent.Up;

/// <summary>The schema of a Postgres database that <c>ConnectionStrings__Bench</c> names.</summary>
internal static class PostgresSchema
{
    /// <summary>Whether the site will use Postgres.</summary>
    public static bool IsUsed =>
        Environment.GetEnvironmentVariable("ConnectionStrings__Bench")?.Contains("Host=", StringComparison.OrdinalIgnoreCase) == true;

    /// <summary>On Postgres the schema belongs to the migrations program; the embedded database migrates itself.</summary>
    public static async Task MigrateAsync(CancellationToken cancellation)
    {
        if (!IsUsed)
        {
            return;
        }

        using var migrations = Process.Start(new ProcessStartInfo("dotnet", [SiteProcess.Sibling("Bench.Migrations.Postgres")]) { UseShellExecute = false })!;
        await migrations.WaitForExitAsync(cancellation);
        if (migrations.ExitCode != 0)
        {
            throw new InvalidDataException($"The database could not be prepared (code {migrations.ExitCode}). Check ConnectionStrings__Bench and that Postgres runs.");
        }
    }
}
