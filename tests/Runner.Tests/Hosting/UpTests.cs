using System.Collections.Concurrent;
using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using Wobble.Runner.Hosting;
using Wobble.Runner.Stacks;
using Wobble.Tests.Support;

namespace Wobble.Runner.Tests.Hosting;

/// <summary>`up` with small programs in the place of the Runner and the Dashboard, and a real PostgreSQL.</summary>
public sealed partial class UpTests : IAsyncLifetime
{
    private const string Patient = "#!/bin/bash\nexec sleep 600\n";
    private const string Beating = "#!/bin/bash\nwhile :; do touch \"$WOBBLE_HEART_BEAT\"; sleep 0.2; done\n";
    private const string Dashboard = "#!/bin/bash\ncd \"$(dirname \"$0\")\"; exec /usr/bin/python3 -m http.server --bind 127.0.0.1 ${Urls##*:}\n";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _folder = Directory.CreateTempSubdirectory("wobble-test-up-").FullName;
    private readonly Lines _lines = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _started = [];
    private string _connectionString = "";
    private string? _publicUrl;
    private HealthTiming _health = HealthTiming.Usual;

    public async ValueTask InitializeAsync()
    {
        File.SetUnixFileMode(_folder, File.GetUnixFileMode(_folder) | UnixFileMode.OtherExecute);
        // Before the scripts are put there, which are not Wobble's.
        new DataFolder(_folder).Make();
        var cluster = await PostgresCluster.SharedAsync();
        string database = "up_" + Guid.NewGuid().ToString("N");
        await cluster.ExecuteAsync($"create database {database}");
        _connectionString = cluster.ConnectionString(database);
    }

    public async ValueTask DisposeAsync()
    {
        // Also when a test failed half-way: nothing of it may go on.
        await _stop.CancelAsync();
        foreach (var run in _started) await run.ContinueWith(static _ => { }, TaskScheduler.Default);
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task It_prints_a_link_that_signs_in_once_and_ends_all_of_it_when_asked()
    {
        var run = StartAsync(Patient, Dashboard);
        await _lines.WaitFor("Ctrl-C ends it.");
        int[] pids = [];
        // The file follows the start of each.
        Assert.True(SpinWait.SpinUntil(() => (pids = Pids()).Length == 2, Patience));

        Assert.Contains(_lines.All, line => SignInLink().IsMatch(line));
        string ModeOf(string name) => Convert.ToString((int)File.GetUnixFileMode(Path.Combine(_folder, name)), 8);
        Assert.Equal(("700", "700", "600", "600"), (ModeOf("logs"), ModeOf("keys"), ModeOf("token"), ModeOf("up.lock")));
        await _stop.CancelAsync();

        Assert.Equal(0, await run.WaitAsync(Patience));
        Assert.All(pids, pid => Assert.False(Directory.Exists($"/proc/{pid}")));
        Assert.False(File.Exists(Path.Combine(_folder, "up.json")));
    }

    [Fact]
    public async Task A_killed_Dashboard_is_started_again_with_a_new_link()
    {
        _publicUrl = "https://wobble.example.org/wobble";
        var run = StartAsync(Patient, Dashboard);
        await _lines.WaitFor("Ctrl-C ends it.");
        string first = _lines.All.Single(line => SignInLink().IsMatch(line)).Trim();
        Native.Kill(Pid("Dashboard"), Native.SIGKILL);

        await _lines.WaitFor("Dashboard was ended by signal 9; starting it again");
        string second = await _lines.WaitFor("new sign-in link");
        Assert.NotEqual(SignInLink().Match(first).Value, SignInLink().Match(second).Value);
        Assert.All((string[])[first, second], link => Assert.Contains(_publicUrl + "/sign-in?token=", link));

        await _stop.CancelAsync();
        Assert.Equal(0, await run.WaitAsync(Patience));
    }

    [Fact]
    public async Task A_Dashboard_that_hangs_is_ended_and_started_again()
    {
        _health = new HealthTiming(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(1), 3) { FirstAnswer = TimeSpan.FromSeconds(5) };
        var run = StartAsync(Beating, Dashboard);
        await _lines.WaitFor("Ctrl-C ends it.");
        int hung = Pid("Dashboard");
        Native.Kill(hung, Native.SIGSTOP);

        await _lines.WaitFor("Dashboard has not answered 3 times in a row: ending it");
        await _lines.WaitFor("new sign-in link");
        Assert.False(Directory.Exists($"/proc/{hung}"));

        await _stop.CancelAsync();
        Assert.Equal(0, await run.WaitAsync(Patience));
    }

    [Fact]
    public async Task A_Runner_whose_heart_stops_beating_is_ended_and_started_again()
    {
        _health = new HealthTiming(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(1), 3);
        var run = StartAsync(Beating, Dashboard);
        await _lines.WaitFor("Ctrl-C ends it.");
        int hung = Pid("Runner");
        await Task.Run(() => SpinWait.SpinUntil(() => HeartBeat.IsFresh(Path.Combine(_folder, "logs", "runner.beat")), Patience));
        Native.Kill(hung, Native.SIGSTOP);

        await _lines.WaitFor("Runner has not answered 3 times in a row; starting it again");
        Assert.False(Directory.Exists($"/proc/{hung}"));

        await _stop.CancelAsync();
        Assert.Equal(0, await run.WaitAsync(Patience));
    }

    [Fact]
    public void A_token_that_is_too_short_is_refused_before_anything_starts()
    {
        var settings = new ConfigurationBuilder().AddInMemoryCollection([KeyValuePair.Create<string, string?>("WOBBLE_TOKEN", "short"), KeyValuePair.Create<string, string?>("Urls", "http://127.0.0.1:5080")]).Build();

        var refusal = Assert.Throws<HostingException>(() => UpSettings.Read(null, _folder, settings));

        Assert.StartsWith("WOBBLE_TOKEN has 5 characters; at least 16 are needed", refusal.Message);
        Assert.Equal(Commands.ExitCodes.BadInput, refusal.ExitCode);
    }

    [Fact]
    public async Task It_gives_up_on_a_Runner_that_keeps_dying_and_shows_what_it_said()
    {
        var failure = await Assert.ThrowsAsync<HostingException>(() => StartAsync("#!/bin/bash\necho no horse today >&2\nexit 9\n", Dashboard).WaitAsync(Patience));

        Assert.Contains("Runner ended 5 times within a minute (ended with code 9 at last), so Wobble gives up", failure.Message);
        Assert.Contains("no horse today", failure.Message);
        Assert.Contains("runner.log", failure.Message);
    }

    [Fact]
    public async Task A_second_one_on_the_same_folder_is_refused_and_names_the_first()
    {
        var run = StartAsync(Patient, Dashboard);
        await _lines.WaitFor("Ctrl-C ends it.");

        var refusal = await Assert.ThrowsAsync<HostingException>(() => StartAsync(Patient, Dashboard));

        Assert.Contains($"(process {Environment.ProcessId})", refusal.Message);
        Assert.Contains(_folder, refusal.Message);
        await _stop.CancelAsync();
        await run.WaitAsync(Patience);
    }

    [Fact]
    public async Task A_PostgreSQL_that_can_not_be_reached_is_named()
    {
        _connectionString = "Host=127.0.0.1;Port=1;Username=nobody;Password=secret;Database=none";

        var failure = await Assert.ThrowsAsync<HostingException>(() => StartAsync(Patient, Dashboard).WaitAsync(Patience));

        Assert.Contains("127.0.0.1:1 (database none, user nobody)", failure.Message);
        Assert.DoesNotContain("secret", failure.Message);
    }

    private Task<int> StartAsync(string runner, string dashboard)
    {
        var run = RunAsync(runner, dashboard);
        _started.Add(run);
        return run;
    }

    private async Task<int> RunAsync(string runner, string dashboard)
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "healthz"), "ok");
        var settings = new UpSettings
        {
            Data = new DataFolder(_folder),
            Addresses = ListenAddress.Parse("http://127.0.0.1:0"),
            ConnectionString = _connectionString,
            PublicUrl = _publicUrl,
            Token = null,
            Health = _health,
            Runner = Script("runner", runner),
            Dashboard = Script("dashboard", dashboard),
        };
        using var up = new Up(settings, new Terminal(_lines, TimeProvider.System), TimeProvider.System);
        return await up.RunAsync(_stop.Token, CancellationToken.None);
    }

    private string Script(string name, string text)
    {
        string path = Path.Combine(_folder, name);
        if (File.Exists(path)) return path;
        File.WriteAllText(path, text);
        File.SetUnixFileMode(path, (UnixFileMode)0b111_101_101);
        return path;
    }

    private int[] Pids() => [.. Recorded().Matches(File.ReadAllText(Path.Combine(_folder, "up.json"))).Select(match => int.Parse(match.Groups[2].ValueSpan, CultureInfo.InvariantCulture))];

    private int Pid(string name) => int.Parse(Recorded().Matches(File.ReadAllText(Path.Combine(_folder, "up.json"))).Single(match => match.Groups[1].Value == name).Groups[2].ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex("/sign-in\\?token=[A-Za-z0-9_-]{43}$")]
    private static partial Regex SignInLink();

    [GeneratedRegex("\"Name\":\"(\\w+)\",\"Pid\":(\\d+)")]
    private static partial Regex Recorded();

    /// <summary>What was said, and a way to wait for it.</summary>
    private sealed class Lines : StringWriter
    {
        private readonly ConcurrentQueue<string> _all = new();
        private readonly ConcurrentQueue<(string Part, TaskCompletionSource<string> Seen)> _waiting = new();

        public IReadOnlyCollection<string> All => _all;

        public override void WriteLine(string? value)
        {
            _all.Enqueue(value ?? "");
            foreach (var (part, seen) in _waiting)
                if (value?.Contains(part, StringComparison.Ordinal) == true) seen.TrySetResult(value);
        }

        public async Task<string> WaitFor(string part)
        {
            var seen = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Enqueue((part, seen));
            if (_all.FirstOrDefault(line => line.Contains(part, StringComparison.Ordinal)) is { } line) return line;
            try
            {
                return await seen.Task.WaitAsync(Patience);
            }
            catch (TimeoutException)
            {
                throw new TimeoutException($"Nothing said '{part}'; said was:\n{string.Join('\n', _all)}");
            }
        }
    }
}
