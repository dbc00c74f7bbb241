using System.CommandLine;
using System.Runtime.InteropServices;
using System.Text.Json;
using Wobble.Results;
using Wobble.Results.Domain;
using Wobble.Results.Exports;
using Wobble.Results.Facts;
using Wobble.Runner.Execution;
using Wobble.Runner.Hosting;
using Wobble.Runner.Sandbox;
using Wobble.Runner.Stacks;

namespace Wobble.Runner.Commands;

internal static class ExecuteCommand
{
    public static Command Create()
    {
        var inside = new Option<bool>("--inside") { Hidden = true, Description = "This is the process in the sandbox." };
        var guard = new Option<string?>("--guard") { Hidden = true, Description = "This is the process that ends the run of that folder when its launcher is gone." };
        var within = new Option<TimeSpan>("--within") { Hidden = true, Description = "How long that run may take to end by itself." };
        var data = new Option<string>("--data") { Description = "The data folder, with the benchmark's cluster.", DefaultValueFactory = _ => DataFolder.Default };
        var command = new Command("execute", "Reads a plan on stdin, runs it in a sandbox, writes facts on stdout, one JSON object a line. Exits with 0 when the run completed, 3 when it failed, 130 when it was cancelled.") { inside, guard, within, data };
        command.SetAction((parsed, cancel) => parsed.GetValue(inside) ? InsideAsync()
            : parsed.GetValue(guard) is { } folder ? GuardAsync(new DataFolder(parsed.GetValue(data)!), folder, parsed.GetValue(within))
            : OutsideAsync(new DataFolder(parsed.GetValue(data)!), cancel));
        return command;
    }

    private static async Task<int> OutsideAsync(DataFolder data, CancellationToken cancel)
    {
        // Read to its end, but never more than a plan can have.
        var buffer = new char[PlanText.Longest + 1];
        using var input = new StreamReader(Console.OpenStandardInput());
        int length = await input.ReadBlockAsync(buffer, cancel);
        var (plan, error) = PlanText.Read(new string(buffer, 0, length));
        if (plan is null)
        {
            await Console.Error.WriteLineAsync($"stdin: this is no plan; `wobble plan TARGET` prints one. {error}");
            return ExitCodes.BadInput;
        }
        await using var writer = new FactWriter(Console.OpenStandardOutput());
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancel, writer.Broken);
        var last = await new ExecutionLauncher().RunAsync(plan, data, writer.AddAsync, end.Token);
        return CodeOf(last.State);
    }

    // Whoever starts this keeps the other end of its input open as long as it lives.
    private static async Task<int> GuardAsync(DataFolder data, string runFolder, TimeSpan within)
    {
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, static context => context.Cancel = true);
        await using (var input = Console.OpenStandardInput()) while (await input.ReadAsync(new byte[16]) > 0) { }
        await new StraySweep(data, Native.UserId()).AfterAsync(runFolder, within);
        return ExitCodes.Ok;
    }

    private static async Task<int> InsideAsync()
    {
        // Before it is hidden: its files below /proc are then root's.
        Limits.OfferToKernel();
        Native.HideFromOwnUser();
        using var cancel = new CancellationTokenSource();
        var lines = LineReader.Start(new Microsoft.Win32.SafeHandles.SafeFileHandle(0, ownsHandle: false), "orders");
        var order = JsonSerializer.Deserialize<InsideOrder>(await lines.ReadAsync(), WobbleJson.Options)!;
        using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, c => Cancel(c, cancel));
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, c => Cancel(c, cancel));
        var priorityGiven = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _ = ObeyAsync(lines, priorityGiven, cancel);

        await using var writer = new FactWriter(Console.OpenStandardOutput(), Deadlines.Beat, order.Seal);
        await using var broken = writer.Broken.Register(cancel.Cancel);
        var build = RunnerBuild.Current;
        var end = await new InsideExecution(order, writer, [.. build.Command(build.Folder), "generate"], priorityGiven.Task, cancel.Token).RunAsync();
        return CodeOf(end.State);
    }

    // A cancel, or the end of the launcher: either way the run is to end.
    private static async Task ObeyAsync(System.Threading.Channels.ChannelReader<string> lines, TaskCompletionSource priorityGiven, CancellationTokenSource cancel)
    {
        await foreach (string line in lines.ReadAllAsync())
        {
            if (line == InsideOrder.PriorityGiven) priorityGiven.TrySetResult();
            else if (line == InsideOrder.Cancel) break;
        }
        await cancel.CancelAsync();
    }

    private static void Cancel(PosixSignalContext context, CancellationTokenSource cancel)
    {
        context.Cancel = true;
        cancel.Cancel();
    }

    private static int CodeOf(RunState state) => state switch { RunState.Completed => ExitCodes.Ok, RunState.Cancelled => ExitCodes.Cancelled, _ => ExitCodes.Failed };
}
