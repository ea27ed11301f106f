using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Bench.Migrations.Postgres.Migrations
{
    /// <inheritdoc />
    public partial class AddChangesAndBoardRanks : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "board_ranks",
                columns: table => new
                {
                    board = table.Column<string>(type: "text", nullable: false),
                    comparability_key = table.Column<string>(type: "text", nullable: false),
                    entrant = table.Column<string>(type: "text", nullable: false),
                    day = table.Column<DateTime>(type: "timestamp with time zone", nullable: false),
                    definition = table.Column<string>(type: "text", nullable: false),
                    best_rank = table.Column<int>(type: "integer", nullable: false),
                    worst_rank = table.Column<int>(type: "integer", nullable: false),
                    score = table.Column<double>(type: "double precision", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_board_ranks", x => new { x.board, x.comparability_key, x.entrant, x.day });
                });

            migrationBuilder.CreateTable(
                name: "changes",
                columns: table => new
                {
                    id = table.Column<string>(type: "text", nullable: false),
                    cell_id = table.Column<int>(type: "integer", nullable: false),
                    seed = table.Column<int>(type: "integer", nullable: false),
                    comparability_key = table.Column<string>(type: "text", nullable: false),
                    metric = table.Column<string>(type: "text", nullable: false),
                    unit = table.Column<string>(type: "text", nullable: false),
                    better = table.Column<string>(type: "text", nullable: false),
                    last_run_before = table.Column<string>(type: "text", nullable: false),
                    first_run_after = table.Column<string>(type: "text", nullable: false),
                    at = table.Column<DateTime>(type: "timestamp with time zone", nullable: false),
                    before = table.Column<double>(type: "double precision", nullable: false),
                    after = table.Column<double>(type: "double precision", nullable: false),
                    p_value = table.Column<double>(type: "double precision", nullable: false),
                    runs_after = table.Column<int>(type: "integer", nullable: false),
                    commit_before = table.Column<string>(type: "text", nullable: false),
                    commit_after = table.Column<string>(type: "text", nullable: false),
                    detected_at = table.Column<DateTime>(type: "timestamp with time zone", nullable: false),
                    state = table.Column<string>(type: "text", nullable: false),
                    state_by = table.Column<string>(type: "text", nullable: true),
                    state_at = table.Column<DateTime>(type: "timestamp with time zone", nullable: true),
                    comment = table.Column<string>(type: "text", nullable: false),
                    notified_at = table.Column<DateTime>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_changes", x => x.id);
                    table.ForeignKey(
                        name: "FK_changes_cells_cell_id",
                        column: x => x.cell_id,
                        principalTable: "cells",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateIndex(
                name: "IX_changes_at_id",
                table: "changes",
                columns: new[] { "at", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_changes_history",
                table: "changes",
                columns: new[] { "cell_id", "seed", "comparability_key", "metric", "first_run_after" },
                unique: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "board_ranks");

            migrationBuilder.DropTable(
                name: "changes");
        }
    }
}
