using System.CommandLine;
using System.Text;
using Wobble.Results.Domain;
using Wobble.Runner.Load;

namespace Wobble.Runner.Commands;

internal static class GenerateCommand
{
    public static Command Create()
    {
        var command = new Command("generate", "The load generator: reads a load plan on stdin, writes facts on stdout.");
        // For itself: behind a seccomp filter that may kill, a child tries what the load will need.
        var probe = new Option<int?>(EngineChoice.ProbeOption) { Hidden = true };
        command.Add(probe);
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(probe) is { } connections)
            {
                string? refused = EngineChoice.TryRing(connections);
                Console.Out.WriteLine(refused);
                return refused is null ? ExitCodes.Ok : ExitCodes.Failed;
            }
            Stacks.Native.HideFromOwnUser();
            using var input = new StreamReader(Console.OpenStandardInput(), new UTF8Encoding(false));
            using var output = new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(false));
            output.WriteLine(Generator.HiddenWord);
            output.Flush();
            return new Generator(input, output).Run() switch
            {
                RunState.Completed => ExitCodes.Ok,
                RunState.Cancelled => ExitCodes.Cancelled,
                _ => ExitCodes.Failed,
            };
        });
        return command;
    }
}
