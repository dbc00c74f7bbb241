using Microsoft.EntityFrameworkCore.Migrations;
using NpgsqlTypes;

#nullable disable

namespace Wobble.Results.Storage.Migrations
{
    /// <inheritdoc />
    public partial class IndexRunsForLists : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_runs_configuration_id",
                table: "runs");

            migrationBuilder.DropIndex(
                name: "ix_runs_created_at",
                table: "runs");

            migrationBuilder.AddColumn<NpgsqlTsVector>(
                name: "notes_words",
                table: "runs",
                type: "tsvector",
                nullable: true,
                computedColumnSql: "to_tsvector('simple', coalesce(notes, ''))",
                stored: true);

            migrationBuilder.AddColumn<double>(
                name: "wobble",
                table: "runs",
                type: "double precision",
                nullable: true,
                computedColumnSql: "p99 / nullif(p50, 0)",
                stored: true);

            migrationBuilder.CreateIndex(
                name: "ix_runs_configuration_id_created_at",
                table: "runs",
                columns: new[] { "configuration_id", "created_at" });

            migrationBuilder.CreateIndex(
                name: "ix_runs_created_at_id",
                table: "runs",
                columns: new[] { "created_at", "id" },
                descending: new bool[0]);

            migrationBuilder.CreateIndex(
                name: "ix_runs_notes_words",
                table: "runs",
                column: "notes_words")
                .Annotation("Npgsql:IndexMethod", "gin");

            migrationBuilder.CreateIndex(
                name: "ix_runs_p50_id",
                table: "runs",
                columns: new[] { "p50", "id" },
                filter: "deleted_at is null");

            migrationBuilder.CreateIndex(
                name: "ix_runs_p99_id",
                table: "runs",
                columns: new[] { "p99", "id" },
                filter: "deleted_at is null");

            migrationBuilder.CreateIndex(
                name: "ix_runs_state_created_at",
                table: "runs",
                columns: new[] { "state", "created_at" });

            migrationBuilder.CreateIndex(
                name: "ix_runs_throughput_id",
                table: "runs",
                columns: new[] { "throughput", "id" },
                filter: "deleted_at is null");

            migrationBuilder.CreateIndex(
                name: "ix_runs_trust_verdict_created_at",
                table: "runs",
                columns: new[] { "trust_verdict", "created_at" });

            migrationBuilder.CreateIndex(
                name: "ix_runs_wobble_id",
                table: "runs",
                columns: new[] { "wobble", "id" },
                filter: "deleted_at is null");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_runs_configuration_id_created_at",
                table: "runs");

            migrationBuilder.DropIndex(
                name: "ix_runs_created_at_id",
                table: "runs");

            migrationBuilder.DropIndex(
                name: "ix_runs_notes_words",
                table: "runs");

            migrationBuilder.DropIndex(
                name: "ix_runs_p50_id",
                table: "runs");

            migrationBuilder.DropIndex(
                name: "ix_runs_p99_id",
                table: "runs");

            migrationBuilder.DropIndex(
                name: "ix_runs_state_created_at",
                table: "runs");

            migrationBuilder.DropIndex(
                name: "ix_runs_throughput_id",
                table: "runs");

            migrationBuilder.DropIndex(
                name: "ix_runs_trust_verdict_created_at",
                table: "runs");

            migrationBuilder.DropIndex(
                name: "ix_runs_wobble_id",
                table: "runs");

            migrationBuilder.DropColumn(
                name: "notes_words",
                table: "runs");

            migrationBuilder.DropColumn(
                name: "wobble",
                table: "runs");

            migrationBuilder.CreateIndex(
                name: "ix_runs_configuration_id",
                table: "runs",
                column: "configuration_id");

            migrationBuilder.CreateIndex(
                name: "ix_runs_created_at",
                table: "runs",
                column: "created_at",
                descending: new bool[0]);
        }
    }
}
