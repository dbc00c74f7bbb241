using System.CommandLine;
using Wobble.Runner.Commands;

// One executable, many words: `wobble run`, `wobble load`, … and the ones that other parts of Wobble start (`work`, `execute`, `generate`, `up`).
// Each command stands in a file of its own below Commands/ and is added here.
var root = new RootCommand("Wobble builds a web stack, loads it, and says how sure it is of the result.")
{
    TargetsCommand.Create(),
    DoctorCommand.Create(),
    RunCommand.Create(),
    PlanCommand.Create(),
    LoadCommand.Create(),
    ExecuteCommand.Create(),
    GenerateCommand.Create(),
    ExportCommand.Create(),
    ImportCommand.Create(),
    BackupCommand.Create(),
    RestoreCommand.Create(),
    WorkCommand.Create(),
    UpCommand.Create(),
};
foreach (var command in ExperimentCommands.Create()) root.Add(command);
// Each command bounds its own end after Ctrl-C or SIGTERM; the two seconds of the library's default would cut a stack's orderly stop short.
var parsed = root.Parse(args);
int code = await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromMinutes(1) });
// The library answers 1 to what it can't read, which here says that Wobble itself failed.
return parsed.Errors.Count > 0 && code == ExitCodes.Error ? ExitCodes.BadInput : code;
