using Wobble.Results.Domain;
using Wobble.Runner.Catalog;
using Wobble.Runner.Hosting;

namespace Wobble.Runner.Tests.Catalog;

public sealed class DoctorTests : IDisposable
{
    private static readonly MachineFacts Machine = new()
    {
        System = "Debian GNU/Linux 12",
        Runtime = Doctor.SafeRuntime,
        Cores = 4,
        MemoryMb = 8000,
        ClockSource = "tsc",
        Governors = ["performance"],
        Somaxconn = 4096,
        OpenFiles = 524_288,
        SandboxRefused = null,
        IsRoot = false,
        MissingUsers = [],
    };

    private static readonly Catalogue Catalogue = new()
    {
        Targets = [new CatalogueTarget { Name = "uwsgi-http/bottle", Server = "uwsgi-http", App = "bottle", Interface = "wsgi", Class = TargetClass.Sync }],
        Parts = [new Part("nginx", "1.22.1", null), new Part("bubblewrap", "0.8.0", null)],
    };

    // One that the stack's user may enter, as the folder in use is.
    private readonly DataFolder data = new(Directory.CreateTempSubdirectory("wobble-data-").FullName);

    public DoctorTests() => File.SetUnixFileMode(data.Root, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);

    public void Dispose() => Directory.Delete(data.Root, recursive: true);

    [Fact]
    public void A_machine_with_everything_has_no_finding_to_mend() =>
        Assert.All(Doctor.Examine(Catalogue, Machine, data), f => Assert.True(f is { Grade: Grade.Ok, Remedy: null }, f.ToString()));

    [Theory]
    [InlineData("nginx", true, "apt-get install nginx")]
    [InlineData("bubblewrap", false, "apt-get install bubblewrap")]
    public void A_part_that_is_missing_is_told_with_the_line_that_installs_it(string part, bool isError, string remedy)
    {
        var catalogue = Catalogue with { Parts = Catalogue.Parts.Select(p => p.Name == part ? new Part(part, null, $"{part} is not installed: apt-get install {part}") : p).ToList() };

        var finding = Doctor.Examine(catalogue, Machine, data).Single(f => f.Check == part);

        Assert.Equal(new Finding(part, isError ? Grade.Error : Grade.Warning, $"{part} is not installed", remedy), finding);
    }

    [Fact]
    public void No_target_at_all_is_an_error_and_one_that_is_missing_a_warning()
    {
        var missing = Catalogue.Targets[0] with { Name = "uwsgi-http/flask", Unavailable = "not installed, because of this" };

        Assert.Equal([Grade.Ok, Grade.Warning], Doctor.Examine(Catalogue with { Targets = [.. Catalogue.Targets, missing] }, Machine, data).Where(f => f.Check == "targets").Select(f => f.Grade));
        Assert.Equal([Grade.Error, Grade.Warning], Doctor.Examine(Catalogue with { Targets = [missing] }, Machine, data).Where(f => f.Check == "targets").Select(f => f.Grade));
    }

    [Fact]
    public void What_may_spoil_numbers_is_a_warning()
    {
        var poor = Machine with { ClockSource = "hpet", Governors = ["powersave", "schedutil"], Somaxconn = 128, OpenFiles = 1024, Cores = 2, SandboxRefused = "bubblewrap may not make namespaces here" };

        var warnings = Doctor.Examine(Catalogue, poor, data).Where(f => f.Grade == Grade.Warning).ToList();

        Assert.Equal(["sandbox", "users", "open files", "backlog", "clock", "governor", "cores"], warnings.Select(f => f.Check));
        Assert.Contains("powersave, schedutil", warnings[5].Text, StringComparison.Ordinal);
        Assert.Contains("LimitNOFILE=65536", warnings[2].Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void A_short_backlog_of_the_machine_is_no_matter_to_a_sandbox_which_has_its_own() =>
        Assert.Equal(Grade.Ok, Doctor.Examine(Catalogue, Machine with { Somaxconn = 128 }, data).Single(f => f.Check == "backlog").Grade);

    [Fact]
    public void A_runtime_that_the_advisories_call_too_old_is_a_warning()
    {
        var finding = Doctor.Examine(Catalogue, Machine with { Runtime = new Version(10, 0, 12) }, data).Single(f => f.Check == ".NET");

        Assert.Equal((Grade.Warning, true), (finding.Grade, finding.Text.StartsWith("10.0.12 lacks fixes", StringComparison.Ordinal)));
        Assert.Contains($"{Doctor.SafeRuntime} or newer", finding.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void Users_that_are_made_later_do_not_keep_a_run_from_working()
    {
        var finding = Doctor.Examine(Catalogue, Machine with { IsRoot = true, MissingUsers = ["wobble-run", "wobble"] }, data).Single(f => f.Check == "users");

        Assert.Equal(new Finding("users", Grade.Warning, "not there yet: wobble-run, wobble; ./run and the first run make them"), finding);
    }

    [Fact]
    public void Root_is_told_who_runs_what_and_everybody_is_warned_where_there_is_no_sandbox()
    {
        Finding Users(MachineFacts machine) => Doctor.Examine(Catalogue, machine, data).Single(f => f.Check == "users");

        Assert.StartsWith("run as root: ", Users(Machine with { IsRoot = true }).Text, StringComparison.Ordinal);
        var bare = Machine with { SandboxRefused = "bubblewrap may not make namespaces here" };
        foreach (var finding in (Finding[])[Users(bare with { IsRoot = true }), Users(bare)])
            Assert.Equal((Grade.Warning, "allow namespaces, or give Wobble a machine of its own"), (finding.Grade, finding.Remedy));
        Assert.Contains("an app can read Wobble's token", Users(bare).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_disk_that_is_nearly_full_is_an_error_that_says_what_is_needed()
    {
        var finding = Doctor.Disk(data, freeMb: 200);

        Assert.Equal((Grade.Error, true), (finding.Grade, finding.Text.StartsWith($"200 MB free at {data.Root}", StringComparison.Ordinal)));
        Assert.NotNull(finding.Remedy);
        Assert.Equal(Grade.Ok, Doctor.Disk(data, freeMb: 200_000).Grade);
    }

    [Fact]
    public void A_data_folder_that_cannot_be_written_is_an_error() =>
        Assert.Equal(Grade.Error, Doctor.Examine(Catalogue, Machine, new DataFolder("/proc/wobble")).Single(f => f.Check == "data folder").Grade);

    [Theory]
    [InlineData("Limit                     Soft Limit           Hard Limit           Units     \nMax open files            1024                 524288               files     \n", 524_288L)]
    [InlineData("Max open files            unlimited            unlimited            files     \n", null)]
    [InlineData("", null)]
    public void The_hard_limit_of_open_files_is_read(string limits, long? files) => Assert.Equal(files, MachineFacts.HardOpenFiles(limits));
}
