using System.CommandLine;
using System.Text.Json;
using Wobble.Results;
using Wobble.Results.Domain;
using Wobble.Runner.Catalog;
using Wobble.Runner.Sandbox;

namespace Wobble.Runner.Commands;

internal static class PlanCommand
{
    public static Command Create()
    {
        var target = new Argument<string>("TARGET") { Description = "A server and an app, such as uwsgi-http/bottle." };
        var stack = new StackOptions();
        var data = DataOption.Create();
        var command = new Command("plan", "Prints the plan of a run: every command, configuration file and seed. `wobble execute` runs it.") { target, data };
        stack.AddTo(command);
        command.SetAction(async parsed =>
        {
            var errors = new List<FieldError>();
            var (definition, choice) = stack.Read(parsed, parsed.GetValue(target)!, errors);
            errors.AddRange(choice.FailIf.Select(c => new FieldError("fail-if", c.Text, "none: a plan is printed and not run")));
            var folder = DataOption.Of(parsed, data);
            var loaded = await CatalogueReader.FromSettings(folder).ReadAsync();
            errors.AddRange(DefinitionRules.Check(definition, loaded.Catalogue).Where(e => errors.All(known => known.Field != e.Field)));
            foreach (var error in errors) await Console.Error.WriteLineAsync(error.ToString());
            if (errors.Count > 0) return ExitCodes.BadInput;
            try
            {
                Console.Out.WriteLine(JsonSerializer.Serialize(Planner.Plan(definition, loaded, StackLayouts.Create(folder)), WobbleJson.Indented));
                return ExitCodes.Ok;
            }
            catch (PlanRefusedException e)
            {
                await Console.Error.WriteLineAsync(e.Message);
                return ExitCodes.BadInput;
            }
        });
        return command;
    }
}
