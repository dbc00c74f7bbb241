using System.Diagnostics;
using System.Text.Json;
using Wobble.Tests.Support;

namespace Wobble.Faults.Tests;

/// <summary>
/// Two machines, as far as one can be two: a Runner in a network namespace of its own with a data folder of its own, which reaches Wobble's PostgreSQL by TCP
/// over a pair of virtual cables and nothing else.
/// </summary>
public sealed class TwoMachinesTests
{
    private static readonly TimeSpan ToBeGone = TimeSpan.FromSeconds(40);
    // Another Runner says so after two minutes.
    private static readonly TimeSpan ToBeInterrupted = TimeSpan.FromSeconds(200);

    [Fact]
    public async Task A_Runner_on_another_machine_joins_its_runs_show_where_they_ran_and_when_it_vanishes_it_is_gone_and_its_run_interrupted()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess && File.Exists("/usr/sbin/ip"), "only root can make a network of its own, with ip");
        using var cable = new Cable();
        await using var cluster = await PostgresCluster.StartAsync(cable.Here);
        await cluster.ExecuteAsync("create database two_machines");
        await using var product = await Product.StartAsync(connectionString: cluster.ConnectionString("two_machines"));
        string data = TestFolders.New("lab-2");
        try
        {
            using var far = CommandLine.Start(["work", "--name", "lab-2", "--data", data], new Dictionary<string, string> { ["ConnectionStrings__Wobble"] = $"Host={cable.Here};Username=wobble;Database=two_machines;Timeout=5" }, within: cable.Enter);
            await far.UntilAsync("lab-2 to be at work", () => far.Output.Contains("Runner lab-2 is at work", StringComparison.Ordinal));
            await far.UntilAsync("its benchmark's database", () => File.Exists(Path.Combine(data, "benchmark", "seeded.json")));
            object Run(string length) => new { target = "uwsgi-http/bottle", workers = 2, connections = 4, warmup = "0s", @for = length, runner = "lab-2" };

            string done = await product.QueueWhenItCanAsync(Run("1s"));
            var row = await product.EndAsync(done);
            Assert.True(row is { State: "completed", Runner: "lab-2", Requests: > 0 }, row.ToString());
            using (var answer = await product.Api.GetAsync(new Uri($"/api/runs/{done}", UriKind.Relative)))
                Assert.Equal("lab-2", JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("runner").GetString());
            Assert.Contains("lab-2", await (await product.Api.GetAsync(new Uri($"/r/{done}", UriKind.Relative))).Content.ReadAsStringAsync(), StringComparison.Ordinal);

            string left = await product.QueueAsync(Run("5m"));
            await product.UntilAsync(left, r => r.State == "measuring");
            // A cable that is pulled: nothing is said any more, and nothing ends.
            cable.Pull();
            await product.UntilAsync("lab-2 to be gone", async () => await IsGoneAsync(product, "lab-2"), ToBeGone);
            var interrupted = await product.EndAsync(left, ToBeInterrupted);
            Assert.True(interrupted is { State: "interrupted", Runner: "lab-2" }, interrupted.ToString());
            // Both are one machine in truth, with one stack at a time: the one behind the cable has to end before the other can load.
            Processes.Signal(far.Process.Id, Processes.SIGKILL);
            await far.Process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
            // The machine that is left takes what anybody may take.
            var next = await product.EndAsync(await product.QueueWhenItCanAsync(new { target = "uwsgi-http/bottle", workers = 2, connections = 4, warmup = "0s", @for = "1s" }));
            Assert.True(next is { State: "completed", Runner: not "lab-2" }, next.ToString());
        }
        finally
        {
            TestFolders.Remove(data);
        }
    }

    private static async Task<bool> IsGoneAsync(Product product, string name)
    {
        using var answer = await product.Api.GetAsync(new Uri("/api/runners", UriKind.Relative));
        return answer.IsSuccessStatusCode && JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("runners").EnumerateArray().Any(r => r.GetProperty("name").GetString() == name && r.GetProperty("gone").GetBoolean());
    }

    /// <summary>A network namespace, and a pair of virtual network cards that joins it with this one.</summary>
    private sealed class Cable : IDisposable
    {
        private readonly string _name = $"wobble{Environment.ProcessId % 100_000}";
        private readonly int _net = 1 + (Environment.ProcessId % 250);

        public Cable()
        {
            Ip("netns", "add", _name);
            Ip("link", "add", _name, "type", "veth", "peer", "name", "far", "netns", _name);
            Ip("address", "add", $"{Here}/24", "dev", _name);
            Ip("link", "set", _name, "up");
            Ip("-n", _name, "address", "add", $"10.215.{_net}.2/24", "dev", "far");
            Ip("-n", _name, "link", "set", "far", "up");
            Ip("-n", _name, "link", "set", "lo", "up");
        }

        public string Here => $"10.215.{_net}.1";
        public IReadOnlyList<string> Enter => ["/usr/sbin/ip", "netns", "exec", _name];

        public void Pull() => Ip("link", "set", _name, "down");

        public void Dispose() => Ip("netns", "delete", _name);

        private static void Ip(params string[] arguments)
        {
            using var process = Process.Start(new ProcessStartInfo("/usr/sbin/ip", arguments) { RedirectStandardError = true })!;
            string error = process.StandardError.ReadToEnd();
            process.WaitForExit();
            Assert.True(process.ExitCode == 0, $"ip {string.Join(' ', arguments)}: {error}");
        }
    }
}
