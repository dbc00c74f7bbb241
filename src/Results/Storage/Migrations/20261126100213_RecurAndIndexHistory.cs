using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Wobble.Results.Storage.Migrations
{
    /// <inheritdoc />
    public partial class RecurAndIndexHistory : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_runs_configuration_id_created_at",
                table: "runs");

            migrationBuilder.DropIndex(
                name: "ix_runs_created_at_id",
                table: "runs");

            migrationBuilder.DropIndex(
                name: "ix_runs_state_created_at",
                table: "runs");

            migrationBuilder.DropIndex(
                name: "ix_runs_target_created_at",
                table: "runs");

            migrationBuilder.DropIndex(
                name: "ix_runs_trust_verdict_created_at",
                table: "runs");

            migrationBuilder.CreateTable(
                name: "recurrences",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    configuration_id = table.Column<Guid>(type: "uuid", nullable: true),
                    experiment_id = table.Column<Guid>(type: "uuid", nullable: true),
                    at = table.Column<TimeOnly>(type: "time without time zone", nullable: false),
                    days = table.Column<string>(type: "character varying(32)", maxLength: 32, nullable: false),
                    zone = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false),
                    webhook = table.Column<string>(type: "character varying(2000)", maxLength: 2000, nullable: true),
                    secret = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    paused_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    last_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    last_slug = table.Column<string>(type: "character varying(22)", maxLength: 22, nullable: true),
                    last_problem = table.Column<string>(type: "text", nullable: true),
                    looked_at = table.Column<string>(type: "character varying(22)", maxLength: 22, nullable: true),
                    told_until = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_recurrences", x => x.id);
                    table.ForeignKey(
                        name: "fk_recurrences_configurations_configuration_id",
                        column: x => x.configuration_id,
                        principalTable: "configurations",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                    table.ForeignKey(
                        name: "fk_recurrences_experiments_experiment_id",
                        column: x => x.experiment_id,
                        principalTable: "experiments",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "notices",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    recurrence_id = table.Column<Guid>(type: "uuid", nullable: false),
                    run = table.Column<string>(type: "character varying(22)", maxLength: 22, nullable: false),
                    sentence = table.Column<string>(type: "text", nullable: false),
                    body = table.Column<string>(type: "jsonb", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    attempts = table.Column<int>(type: "integer", nullable: false),
                    next_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    sent_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    problem = table.Column<string>(type: "text", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_notices", x => x.id);
                    table.ForeignKey(
                        name: "fk_notices_recurrences_recurrence_id",
                        column: x => x.recurrence_id,
                        principalTable: "recurrences",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateIndex(
                name: "ix_runs_class_created_at_id",
                table: "runs",
                columns: new[] { "class", "created_at", "id" },
                descending: new[] { false, true, true },
                filter: "deleted_at is null");

            migrationBuilder.CreateIndex(
                name: "ix_runs_class_p50_id",
                table: "runs",
                columns: new[] { "class", "p50", "id" },
                filter: "deleted_at is null");

            migrationBuilder.CreateIndex(
                name: "ix_runs_class_p99_id",
                table: "runs",
                columns: new[] { "class", "p99", "id" },
                filter: "deleted_at is null");

            migrationBuilder.CreateIndex(
                name: "ix_runs_class_throughput_id",
                table: "runs",
                columns: new[] { "class", "throughput", "id" },
                filter: "deleted_at is null");

            migrationBuilder.CreateIndex(
                name: "ix_runs_class_wobble_id",
                table: "runs",
                columns: new[] { "class", "wobble", "id" },
                filter: "deleted_at is null");

            migrationBuilder.CreateIndex(
                name: "ix_runs_configuration_id_created_at_id",
                table: "runs",
                columns: new[] { "configuration_id", "created_at", "id" },
                descending: new[] { false, true, true },
                filter: "deleted_at is null");

            migrationBuilder.CreateIndex(
                name: "ix_runs_created_at",
                table: "runs",
                column: "created_at",
                descending: new bool[0],
                filter: "deleted_at is null and cardinality(tags) > 0");

            migrationBuilder.CreateIndex(
                name: "ix_runs_created_at_id",
                table: "runs",
                columns: new[] { "created_at", "id" },
                descending: new bool[0],
                filter: "deleted_at is null");

            migrationBuilder.CreateIndex(
                name: "ix_runs_state_created_at_id",
                table: "runs",
                columns: new[] { "state", "created_at", "id" },
                descending: new[] { false, true, true },
                filter: "deleted_at is null");

            migrationBuilder.CreateIndex(
                name: "ix_runs_target_created_at_id",
                table: "runs",
                columns: new[] { "target", "created_at", "id" },
                descending: new[] { false, true, true },
                filter: "deleted_at is null");

            migrationBuilder.CreateIndex(
                name: "ix_runs_target_p50_id",
                table: "runs",
                columns: new[] { "target", "p50", "id" },
                filter: "deleted_at is null");

            migrationBuilder.CreateIndex(
                name: "ix_runs_target_p99_id",
                table: "runs",
                columns: new[] { "target", "p99", "id" },
                filter: "deleted_at is null");

            migrationBuilder.CreateIndex(
                name: "ix_runs_target_throughput_id",
                table: "runs",
                columns: new[] { "target", "throughput", "id" },
                filter: "deleted_at is null");

            migrationBuilder.CreateIndex(
                name: "ix_runs_target_wobble_id",
                table: "runs",
                columns: new[] { "target", "wobble", "id" },
                filter: "deleted_at is null");

            migrationBuilder.CreateIndex(
                name: "ix_runs_trust_verdict_created_at_id",
                table: "runs",
                columns: new[] { "trust_verdict", "created_at", "id" },
                descending: new[] { false, true, true },
                filter: "deleted_at is null");

            migrationBuilder.CreateIndex(
                name: "ix_notices_next_at",
                table: "notices",
                column: "next_at",
                filter: "next_at is not null");

            migrationBuilder.CreateIndex(
                name: "ix_notices_recurrence_id",
                table: "notices",
                column: "recurrence_id");

            migrationBuilder.CreateIndex(
                name: "ix_recurrences_configuration_id",
                table: "recurrences",
                column: "configuration_id");

            migrationBuilder.CreateIndex(
                name: "ix_recurrences_experiment_id",
                table: "recurrences",
                column: "experiment_id");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "notices");

            migrationBuilder.DropTable(
                name: "recurrences");

            migrationBuilder.DropIndex(
                name: "ix_runs_class_created_at_id",
                table: "runs");

            migrationBuilder.DropIndex(
                name: "ix_runs_class_p50_id",
                table: "runs");

            migrationBuilder.DropIndex(
                name: "ix_runs_class_p99_id",
                table: "runs");

            migrationBuilder.DropIndex(
                name: "ix_runs_class_throughput_id",
                table: "runs");

            migrationBuilder.DropIndex(
                name: "ix_runs_class_wobble_id",
                table: "runs");

            migrationBuilder.DropIndex(
                name: "ix_runs_configuration_id_created_at_id",
                table: "runs");

            migrationBuilder.DropIndex(
                name: "ix_runs_created_at",
                table: "runs");

            migrationBuilder.DropIndex(
                name: "ix_runs_created_at_id",
                table: "runs");

            migrationBuilder.DropIndex(
                name: "ix_runs_state_created_at_id",
                table: "runs");

            migrationBuilder.DropIndex(
                name: "ix_runs_target_created_at_id",
                table: "runs");

            migrationBuilder.DropIndex(
                name: "ix_runs_target_p50_id",
                table: "runs");

            migrationBuilder.DropIndex(
                name: "ix_runs_target_p99_id",
                table: "runs");

            migrationBuilder.DropIndex(
                name: "ix_runs_target_throughput_id",
                table: "runs");

            migrationBuilder.DropIndex(
                name: "ix_runs_target_wobble_id",
                table: "runs");

            migrationBuilder.DropIndex(
                name: "ix_runs_trust_verdict_created_at_id",
                table: "runs");

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
                name: "ix_runs_state_created_at",
                table: "runs",
                columns: new[] { "state", "created_at" });

            migrationBuilder.CreateIndex(
                name: "ix_runs_target_created_at",
                table: "runs",
                columns: new[] { "target", "created_at" });

            migrationBuilder.CreateIndex(
                name: "ix_runs_trust_verdict_created_at",
                table: "runs",
                columns: new[] { "trust_verdict", "created_at" });
        }
    }
}
