using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;
using Wobble.Results.Domain;

namespace Wobble.Runner.Commands;

/// <summary>A table of the last seconds that is redrawn where it stands. Drawn only when something is added, so that it costs a measurement nothing between.</summary>
internal sealed class LiveSeconds
{
    private const int Shown = 10;
    private static readonly string[] Columns = ["second", "per second", "p50 ms", "p90 ms", "p99 ms", "max ms", "failed"];

    private readonly Queue<Second> _seconds = new();
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly IAnsiConsole _console;
    private readonly Lock _gate = new();
    private readonly Task _drawing;
    private LiveDisplayContext? _context;
    private string _doing = "preparing";

    public LiveSeconds(IAnsiConsole console)
    {
        _console = console;
        _drawing = console.Live(Draw()).StartAsync(async context =>
        {
            lock (_gate) _context = context;
            await _over.Task;
        });
    }

    /// <summary>Says what goes on now.</summary>
    public void Doing(string doing)
    {
        lock (_gate)
        {
            _doing = doing;
            Redraw();
        }
    }

    public void Add(Second second)
    {
        lock (_gate)
        {
            _seconds.Enqueue(second);
            if (_seconds.Count > Shown) _seconds.Dequeue();
            Redraw();
        }
    }

    /// <summary>A line above the table.</summary>
    public void Say(string line)
    {
        lock (_gate) _console.WriteLine(line);
    }

    /// <summary>Draws it a last time and lets it stand. Nothing may be added then.</summary>
    public void End()
    {
        _over.TrySetResult();
        _drawing.GetAwaiter().GetResult();
    }

    private void Redraw()
    {
        _context?.UpdateTarget(Draw());
    }

    private IRenderable Draw()
    {
        if (_seconds.Count == 0) return new Text(_doing);
        var table = new Table().Border(TableBorder.None).Caption(Markup.Escape(_doing));
        foreach (string column in Columns) table.AddColumn(new TableColumn(column).RightAligned());
        foreach (var second in _seconds)
        {
            string number = second.Number.ToString(CultureInfo.InvariantCulture);
            table.AddRow([.. new[]
            {
                second.Phase == RunState.Warming.Word() ? $"{number} (warm-up)" : number, Figures.Text(second.PerSecond), Figures.Text(second.P50), Figures.Text(second.P90), Figures.Text(second.P99), Figures.Text(second.Max),
                second.Failed == 0 ? "" : Figures.Count(second.Failed),
            }.Select(cell => new Text(cell))]);
        }
        return table;
    }
}
