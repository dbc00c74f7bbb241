using System;
using System.Collections.Generic;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;

#nullable disable

namespace Wobble.Results.Storage.Migrations
{
    /// <inheritdoc />
    public partial class CreateRuns : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "comparisons",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    slug = table.Column<string>(type: "character(22)", fixedLength: true, maxLength: 22, nullable: false),
                    runs = table.Column<List<string>>(type: "text[]", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_comparisons", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "configurations",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    name = table.Column<string>(type: "character varying(120)", maxLength: 120, nullable: false),
                    definition = table.Column<string>(type: "jsonb", nullable: false),
                    version = table.Column<int>(type: "integer", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    edited_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    archived_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_configurations", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "experiments",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    slug = table.Column<string>(type: "character(22)", fixedLength: true, maxLength: 22, nullable: false),
                    kind = table.Column<string>(type: "character varying(32)", maxLength: 32, nullable: false),
                    question = table.Column<string>(type: "text", nullable: false),
                    definition = table.Column<string>(type: "jsonb", nullable: false),
                    state = table.Column<string>(type: "character varying(16)", maxLength: 16, nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_experiments", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "runners",
                columns: table => new
                {
                    name = table.Column<string>(type: "character varying(50)", maxLength: 50, nullable: false),
                    host = table.Column<string>(type: "text", nullable: false),
                    catalogue = table.Column<string>(type: "jsonb", nullable: false),
                    environment = table.Column<string>(type: "jsonb", nullable: true),
                    doing = table.Column<string>(type: "text", nullable: false),
                    wobble = table.Column<string>(type: "text", nullable: false),
                    seen_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    started_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_runners", x => x.name);
                });

            migrationBuilder.CreateTable(
                name: "runs",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    slug = table.Column<string>(type: "character(22)", fixedLength: true, maxLength: 22, nullable: false),
                    configuration_id = table.Column<Guid>(type: "uuid", nullable: true),
                    configuration_version = table.Column<int>(type: "integer", nullable: true),
                    experiment_id = table.Column<Guid>(type: "uuid", nullable: true),
                    round = table.Column<int>(type: "integer", nullable: true),
                    state = table.Column<string>(type: "character varying(16)", maxLength: 16, nullable: false),
                    definition = table.Column<string>(type: "jsonb", nullable: false),
                    target = table.Column<string>(type: "character varying(128)", maxLength: 128, nullable: false),
                    @class = table.Column<string>(name: "class", type: "character varying(8)", maxLength: 8, nullable: false),
                    wanted_runner = table.Column<string>(type: "text", nullable: true),
                    runner_name = table.Column<string>(type: "text", nullable: true),
                    job_id = table.Column<string>(type: "text", nullable: true),
                    plan = table.Column<string>(type: "jsonb", nullable: true),
                    environment = table.Column<string>(type: "jsonb", nullable: true),
                    progress = table.Column<string>(type: "text", nullable: true),
                    failure = table.Column<string>(type: "text", nullable: true),
                    cancel_requested_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    notes = table.Column<string>(type: "character varying(10000)", maxLength: 10000, nullable: true),
                    tags = table.Column<List<string>>(type: "text[]", nullable: false),
                    pinned = table.Column<bool>(type: "boolean", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    started_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    warming_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    measuring_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    finished_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    deleted_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    result = table.Column<string>(type: "jsonb", nullable: true),
                    end = table.Column<string>(type: "jsonb", nullable: true),
                    workers = table.Column<int>(type: "integer", nullable: true),
                    throughput = table.Column<double>(type: "double precision", nullable: true),
                    p50 = table.Column<double>(type: "double precision", nullable: true),
                    p90 = table.Column<double>(type: "double precision", nullable: true),
                    p99 = table.Column<double>(type: "double precision", nullable: true),
                    p999 = table.Column<double>(type: "double precision", nullable: true),
                    max = table.Column<double>(type: "double precision", nullable: true),
                    requests = table.Column<long>(type: "bigint", nullable: true),
                    errors = table.Column<long>(type: "bigint", nullable: true),
                    trust_verdict = table.Column<string>(type: "character varying(16)", maxLength: 16, nullable: true),
                    strip = table.Column<double[]>(type: "double precision[]", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_runs", x => x.id);
                    table.ForeignKey(
                        name: "fk_runs_configurations_configuration_id",
                        column: x => x.configuration_id,
                        principalTable: "configurations",
                        principalColumn: "id",
                        onDelete: ReferentialAction.SetNull);
                    table.ForeignKey(
                        name: "fk_runs_experiments_experiment_id",
                        column: x => x.experiment_id,
                        principalTable: "experiments",
                        principalColumn: "id",
                        onDelete: ReferentialAction.SetNull);
                });

            migrationBuilder.CreateTable(
                name: "events",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    run_id = table.Column<Guid>(type: "uuid", nullable: false),
                    fact_number = table.Column<int>(type: "integer", nullable: false),
                    at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    second = table.Column<double>(type: "double precision", nullable: true),
                    component = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false),
                    kind = table.Column<string>(type: "character varying(32)", maxLength: 32, nullable: false),
                    text = table.Column<string>(type: "text", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_events", x => x.id);
                    table.ForeignKey(
                        name: "fk_events_runs_run_id",
                        column: x => x.run_id,
                        principalTable: "runs",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "logs",
                columns: table => new
                {
                    run_id = table.Column<Guid>(type: "uuid", nullable: false),
                    component = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false),
                    text = table.Column<string>(type: "text", nullable: false),
                    last_fact = table.Column<int>(type: "integer", nullable: false),
                    dropped = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_logs", x => new { x.run_id, x.component });
                    table.ForeignKey(
                        name: "fk_logs_runs_run_id",
                        column: x => x.run_id,
                        principalTable: "runs",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "samples",
                columns: table => new
                {
                    run_id = table.Column<Guid>(type: "uuid", nullable: false),
                    stage = table.Column<int>(type: "integer", nullable: false),
                    second = table.Column<int>(type: "integer", nullable: false),
                    kind = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false),
                    requests = table.Column<long>(type: "bigint", nullable: false),
                    errors = table.Column<string>(type: "jsonb", nullable: false),
                    latency = table.Column<byte[]>(type: "bytea", nullable: false),
                    service = table.Column<byte[]>(type: "bytea", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_samples", x => new { x.run_id, x.stage, x.second, x.kind });
                    table.ForeignKey(
                        name: "fk_samples_runs_run_id",
                        column: x => x.run_id,
                        principalTable: "runs",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "seconds",
                columns: table => new
                {
                    run_id = table.Column<Guid>(type: "uuid", nullable: false),
                    stage = table.Column<int>(type: "integer", nullable: false),
                    number = table.Column<int>(type: "integer", nullable: false),
                    length = table.Column<double>(type: "double precision", nullable: false),
                    requests = table.Column<long>(type: "bigint", nullable: false),
                    errors = table.Column<string>(type: "jsonb", nullable: false),
                    p50 = table.Column<double>(type: "double precision", nullable: true),
                    p90 = table.Column<double>(type: "double precision", nullable: true),
                    p99 = table.Column<double>(type: "double precision", nullable: true),
                    p999 = table.Column<double>(type: "double precision", nullable: true),
                    max = table.Column<double>(type: "double precision", nullable: true),
                    watched = table.Column<string>(type: "jsonb", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_seconds", x => new { x.run_id, x.stage, x.number });
                    table.ForeignKey(
                        name: "fk_seconds_runs_run_id",
                        column: x => x.run_id,
                        principalTable: "runs",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateIndex(
                name: "ix_comparisons_slug",
                table: "comparisons",
                column: "slug",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_configurations_name",
                table: "configurations",
                column: "name",
                unique: true,
                filter: "archived_at is null");

            migrationBuilder.CreateIndex(
                name: "ix_events_run_id_fact_number",
                table: "events",
                columns: new[] { "run_id", "fact_number" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_experiments_slug",
                table: "experiments",
                column: "slug",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_runs_configuration_id",
                table: "runs",
                column: "configuration_id");

            migrationBuilder.CreateIndex(
                name: "ix_runs_created_at",
                table: "runs",
                column: "created_at",
                descending: new bool[0]);

            migrationBuilder.CreateIndex(
                name: "ix_runs_experiment_id",
                table: "runs",
                column: "experiment_id");

            migrationBuilder.CreateIndex(
                name: "ix_runs_slug",
                table: "runs",
                column: "slug",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_runs_state",
                table: "runs",
                column: "state",
                filter: "state not in ('completed', 'failed', 'cancelled', 'interrupted')");

            migrationBuilder.CreateIndex(
                name: "ix_runs_tags",
                table: "runs",
                column: "tags")
                .Annotation("Npgsql:IndexMethod", "gin");

            migrationBuilder.CreateIndex(
                name: "ix_runs_target_created_at",
                table: "runs",
                columns: new[] { "target", "created_at" });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "comparisons");

            migrationBuilder.DropTable(
                name: "events");

            migrationBuilder.DropTable(
                name: "logs");

            migrationBuilder.DropTable(
                name: "runners");

            migrationBuilder.DropTable(
                name: "samples");

            migrationBuilder.DropTable(
                name: "seconds");

            migrationBuilder.DropTable(
                name: "runs");

            migrationBuilder.DropTable(
                name: "configurations");

            migrationBuilder.DropTable(
                name: "experiments");
        }
    }
}
