using Bench.Data.Mapping;
using Bench.Data.Rows;
using Bench.Domain.Leasing;
using Bench.Domain.Matrix;
using Bench.Domain.Results;
using Microsoft.EntityFrameworkCore;

namespace Bench.Data;

/// <summary>The one model of both databases. Tables and columns are described in <c>docs/schema.md</c>.</summary>
public sealed class BenchDbContext(DbContextOptions<BenchDbContext> options) : DbContext(options)
{
    /// <summary>Cells.</summary>
    public DbSet<CellRow> Cells => Set<CellRow>();

    /// <summary>Suites.</summary>
    public DbSet<SuiteRow> Suites => Set<SuiteRow>();

    /// <summary>Cells of suites.</summary>
    public DbSet<SuiteCellRow> SuiteCells => Set<SuiteCellRow>();

    /// <summary>The queue.</summary>
    public DbSet<JobRow> Jobs => Set<JobRow>();

    /// <summary>Leases, past and present.</summary>
    public DbSet<AttemptRow> Attempts => Set<AttemptRow>();

    /// <summary>Results.</summary>
    public DbSet<RunRow> Runs => Set<RunRow>();

    /// <summary>Samples of results.</summary>
    public DbSet<RunMetricRow> RunMetrics => Set<RunMetricRow>();

    /// <summary>How cells ended last.</summary>
    public DbSet<CellStateRow> CellStates => Set<CellStateRow>();

    /// <summary>Newest numbers of cells.</summary>
    public DbSet<CellSummaryRow> CellSummaries => Set<CellSummaryRow>();

    /// <summary>Environments.</summary>
    public DbSet<EnvironmentRow> Environments => Set<EnvironmentRow>();

    /// <summary>Agents.</summary>
    public DbSet<AgentRow> Agents => Set<AgentRow>();

    /// <summary>Bearer keys.</summary>
    public DbSet<ApiKeyRow> ApiKeys => Set<ApiKeyRow>();

    /// <summary>One-time codes.</summary>
    public DbSet<EnrollmentCodeRow> EnrollmentCodes => Set<EnrollmentCodeRow>();

    /// <summary>Implementations that agents described.</summary>
    public DbSet<ImplementationRow> Implementations => Set<ImplementationRow>();

    /// <summary>Tasks that agents described.</summary>
    public DbSet<TaskRow> Tasks => Set<TaskRow>();

    /// <summary>Who changed what.</summary>
    public DbSet<AuditRow> Audit => Set<AuditRow>();

    /// <summary>Answers to replay.</summary>
    public DbSet<IdempotencyRow> Idempotency => Set<IdempotencyRow>();

    /// <summary>People.</summary>
    public DbSet<UserRow> Users => Set<UserRow>();

    /// <summary>When schedules fired or should have.</summary>
    public DbSet<ScheduleFireRow> ScheduleFires => Set<ScheduleFireRow>();

    /// <summary>Changes of level.</summary>
    public DbSet<ChangeRow> Changes => Set<ChangeRow>();

    /// <summary>Ranks day by day.</summary>
    public DbSet<BoardRankRow> BoardRanks => Set<BoardRankRow>();

    /// <summary>Exports that are written in the background.</summary>
    public DbSet<ExportRow> Exports => Set<ExportRow>();

    /// <summary>Their files in pieces.</summary>
    public DbSet<ExportPieceRow> ExportPieces => Set<ExportPieceRow>();

    /// <summary>Passkeys of people.</summary>
    public DbSet<PasskeyRow> Passkeys => Set<PasskeyRow>();

    /// <summary>Keys that protect cookies.</summary>
    public DbSet<DataProtectionKeyRow> DataProtectionKeys => Set<DataProtectionKeyRow>();

    /// <summary>Which database this context talks to.</summary>
    public DatabaseKind Kind => Database.IsNpgsql() ? DatabaseKind.Postgres : DatabaseKind.Sqlite;

    /// <inheritdoc />
    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        configurationBuilder.Properties<DateTime>().HaveConversion<UtcDateTime>();
        configurationBuilder.Properties<AttentionPattern>().HaveConversion<PatternText>();
        configurationBuilder.Properties<JobState>().HaveConversion<EnumText<JobState>>();
        configurationBuilder.Properties<AttemptState>().HaveConversion<EnumText<AttemptState>>();
        configurationBuilder.Properties<AgentState>().HaveConversion<EnumText<AgentState>>();
        configurationBuilder.Properties<Outcome>().HaveConversion<EnumText<Outcome>>();
        configurationBuilder.Properties<FailureClass>().HaveConversion<EnumText<FailureClass>>();
        configurationBuilder.Properties<FireOutcome>().HaveConversion<EnumText<FireOutcome>>();
        configurationBuilder.Properties<ChangeState>().HaveConversion<EnumText<ChangeState>>();

        configurationBuilder.Properties<ExportState>().HaveConversion<EnumText<ExportState>>();
        configurationBuilder.Properties<Better>().HaveConversion<EnumText<Better>>();
    }

    /// <inheritdoc />
    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        var postgres = Kind == DatabaseKind.Postgres;
        MapMatrix(modelBuilder, postgres);
        MapQueue(modelBuilder, postgres);
        MapResults(modelBuilder, postgres);
        MapAgents(modelBuilder, postgres);
        MapFindings(modelBuilder);
        MapHousekeeping(modelBuilder);
        modelBuilder.UseSnakeCaseColumns();
    }

    private static void MapMatrix(ModelBuilder model, bool postgres)
    {
        model.Entity<CellRow>(cell =>
        {
            cell.ToTable("cells");
            cell.HasIndex(row => row.Key).IsUnique();
            // Curves and recall tables read all cells of a few tasks.
            cell.HasIndex(row => new { row.Task, row.Pattern });
            cell.HasIndex(row => row.Mechanism);
            cell.Property(row => row.Options).IsJson(postgres);
            cell.Property(row => row.Parameters).IsJson(postgres);
        });
        model.Entity<SuiteRow>(suite =>
        {
            suite.ToTable("suites");
            suite.HasKey(row => row.Name);
        });
        model.Entity<SuiteCellRow>(cell =>
        {
            cell.ToTable("suite_cells");
            cell.HasKey(row => new { row.Suite, row.Ordinal });
            cell.HasIndex(row => new { row.CellId, row.Seed });
            cell.Property(row => row.Budget).IsJson(postgres);
            cell.HasOne<SuiteRow>().WithMany().HasForeignKey(row => row.Suite);
            cell.HasOne<CellRow>().WithMany().HasForeignKey(row => row.CellId).OnDelete(DeleteBehavior.Restrict);
        });
        model.Entity<ImplementationRow>(implementation =>
        {
            implementation.ToTable("implementations");
            implementation.Property(row => row.Entry).IsJson(postgres);
        });
        model.Entity<TaskRow>(task =>
        {
            task.ToTable("tasks");
            task.Property(row => row.Entry).IsJson(postgres);
        });
    }

    private static void MapQueue(ModelBuilder model, bool postgres)
    {
        model.Entity<JobRow>(job =>
        {
            job.ToTable("jobs");
            job.Property(row => row.Version).IsConcurrencyToken();
            job.Property(row => row.Budget).IsJson(postgres);
            job.HasOne<CellRow>().WithMany().HasForeignKey(row => row.CellId).OnDelete(DeleteBehavior.Restrict);
            // A cell with a seed waits or runs at most once, whoever asks for it.
            job.HasIndex(row => new { row.CellId, row.Seed }, "ix_jobs_live")
                .IsUnique().HasFilter("state in ('queued', 'leased', 'running')");
            // The claim walks this index in order and stops at the first job that fits.
            job.HasIndex(row => new { row.Device, row.Priority, row.Turn, row.Id }, "ix_jobs_waiting")
                .IsDescending(false, true, false, false).HasFilter("state = 'queued'");
            // The sweep reads what may have expired.
            job.HasIndex(row => row.LeaseExpiresAt, "ix_jobs_leased").HasFilter("state in ('leased', 'running')");
            job.HasIndex(row => new { row.CellId, row.Seed, row.Id }, "ix_jobs_history");
            job.HasIndex(row => new { row.State, row.FinishedAt });
            job.HasIndex(row => new { row.Suite, row.Id });
        });
        model.Entity<AttemptRow>(attempt =>
        {
            attempt.ToTable("attempts");
            attempt.HasIndex(row => new { row.JobId, row.Number }).IsUnique();
            attempt.HasIndex(row => new { row.AgentId, row.LeasedAt });
            attempt.HasOne<JobRow>().WithMany().HasForeignKey(row => row.JobId).OnDelete(DeleteBehavior.Restrict);
            attempt.HasOne<AgentRow>().WithMany().HasForeignKey(row => row.AgentId).OnDelete(DeleteBehavior.Restrict);
        });
    }

    private static void MapResults(ModelBuilder model, bool postgres)
    {
        model.Entity<RunRow>(run =>
        {
            run.ToTable("runs");
            run.HasIndex(row => row.ResultId).IsUnique();
            run.HasIndex(row => row.AttemptId).IsUnique();
            run.HasIndex(row => new { row.CellId, row.Seed, row.ComparabilityKey }, "ix_runs_latest").HasFilter("is_latest");
            run.HasIndex(row => new { row.CellId, row.Id });
            // The run list pages by time received.
            run.HasIndex(row => new { row.ReceivedAt, row.Id });
            run.HasIndex(row => new { row.AgentId, row.ReceivedAt });
            run.Property(row => row.Detail).IsJson(postgres);
            run.HasOne<CellRow>().WithMany().HasForeignKey(row => row.CellId).OnDelete(DeleteBehavior.Restrict);
            run.HasOne<AttemptRow>().WithMany().HasForeignKey(row => row.AttemptId).OnDelete(DeleteBehavior.Restrict);
            run.HasOne<EnvironmentRow>().WithMany().HasForeignKey(row => row.EnvironmentHash).OnDelete(DeleteBehavior.Restrict);
        });
        model.Entity<RunMetricRow>(metric =>
        {
            metric.ToTable("run_metrics");
            metric.HasKey(row => new { row.RunId, row.Name });
            metric.HasOne<RunRow>().WithMany().HasForeignKey(row => row.RunId);
        });
        model.Entity<EnvironmentRow>(environment =>
        {
            environment.ToTable("environments");
            environment.HasKey(row => row.Hash);
            environment.HasIndex(row => row.ComparabilityKey);
            environment.Property(row => row.Facts).IsJson(postgres);
        });
        model.Entity<CellStateRow>(state =>
        {
            state.ToTable("cell_states");
            state.HasKey(row => new { row.CellId, row.ComparabilityKey });
            state.HasOne<CellRow>().WithMany().HasForeignKey(row => row.CellId);
        });
        model.Entity<CellSummaryRow>(summary =>
        {
            summary.ToTable("cell_summaries");
            summary.HasKey(row => new { row.CellId, row.ComparabilityKey, row.Metric });
            summary.HasOne<CellRow>().WithMany().HasForeignKey(row => row.CellId);
        });
    }

    private static void MapAgents(ModelBuilder model, bool postgres)
    {
        model.Entity<AgentRow>(agent =>
        {
            agent.ToTable("agents");
            agent.HasIndex(row => row.Name).IsUnique();
            agent.Property(row => row.Environment).IsJson(postgres);
        });
        model.Entity<ApiKeyRow>(key =>
        {
            key.ToTable("api_keys");
            key.HasIndex(row => row.AgentId);
        });
        model.Entity<EnrollmentCodeRow>(code =>
        {
            code.ToTable("enrollment_codes");
            code.HasKey(row => row.Hash);
        });
    }

    private static void MapFindings(ModelBuilder model)
    {
        model.Entity<ChangeRow>(change =>
        {
            change.ToTable("changes");
            change.HasIndex(row => new { row.CellId, row.Seed, row.ComparabilityKey, row.Metric, row.FirstRunAfter }, "ix_changes_history").IsUnique();
            // The page lists the newest.
            change.HasIndex(row => new { row.At, row.Id });
            change.HasOne<CellRow>().WithMany().HasForeignKey(row => row.CellId);
            change.Ignore(row => row.RelativeChange);
            change.Ignore(row => row.IsWorse);
        });
        model.Entity<BoardRankRow>(rank =>
        {
            rank.ToTable("board_ranks");
            rank.HasKey(row => new { row.Board, row.ComparabilityKey, row.Entrant, row.Day });
        });
    }

    private static void MapHousekeeping(ModelBuilder model)
    {
        model.Entity<AuditRow>(audit =>
        {
            audit.ToTable("audit");
            audit.HasIndex(row => row.At);
        });
        model.Entity<IdempotencyRow>(answer =>
        {
            answer.ToTable("idempotency");
            answer.HasIndex(row => row.CreatedAt);
        });
        model.Entity<UserRow>(user =>
        {
            user.ToTable("users");
            user.HasIndex(row => row.NormalizedName).IsUnique();
            // A sign-in elsewhere finds its person.
            user.HasIndex(row => row.ExternalLogin).IsUnique();
        });
        model.Entity<PasskeyRow>(passkey =>
        {
            passkey.ToTable("passkeys");
            passkey.HasIndex(row => row.UserId);
            passkey.HasOne<UserRow>().WithMany().HasForeignKey(row => row.UserId);
        });
        model.Entity<ExportRow>(export =>
        {
            export.ToTable("exports");
            // Servers look for what waits.
            export.HasIndex(row => new { row.State, row.Id });
        });
        model.Entity<ExportPieceRow>(piece =>
        {
            piece.ToTable("export_pieces");
            piece.HasKey(row => new { row.ExportId, row.Ordinal });
            piece.HasOne<ExportRow>().WithMany().HasForeignKey(row => row.ExportId);
        });
        model.Entity<ScheduleFireRow>(fire =>
        {
            fire.ToTable("schedule_fires");
            fire.HasIndex(row => new { row.Schedule, row.DueAt });
        });
        model.Entity<DataProtectionKeyRow>().ToTable("data_protection_keys");
    }
}
