using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Wobble.Results.Storage.Migrations
{
    /// <inheritdoc />
    public partial class KeepExperimentsAndTunings : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<int>(
                name: "attempt",
                table: "runs",
                type: "integer",
                nullable: false,
                defaultValue: 1);

            migrationBuilder.AddColumn<string>(
                name: "purpose",
                table: "runs",
                type: "character varying(16)",
                maxLength: 16,
                nullable: true);

            migrationBuilder.AddColumn<int>(
                name: "row",
                table: "runs",
                type: "integer",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "tunings",
                columns: table => new
                {
                    target = table.Column<string>(type: "character varying(128)", maxLength: 128, nullable: false),
                    runner = table.Column<string>(type: "character varying(50)", maxLength: 50, nullable: false),
                    setup = table.Column<string>(type: "character varying(1000)", maxLength: 1000, nullable: false),
                    workers = table.Column<int>(type: "integer", nullable: false),
                    runs = table.Column<int>(type: "integer", nullable: false),
                    experiment = table.Column<string>(type: "character varying(22)", maxLength: 22, nullable: false),
                    at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_tunings", x => new { x.target, x.runner, x.setup });
                });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "tunings");

            migrationBuilder.DropColumn(
                name: "attempt",
                table: "runs");

            migrationBuilder.DropColumn(
                name: "purpose",
                table: "runs");

            migrationBuilder.DropColumn(
                name: "row",
                table: "runs");
        }
    }
}
