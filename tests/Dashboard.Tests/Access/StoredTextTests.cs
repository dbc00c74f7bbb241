using System.Net;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Wobble.Results.Domain;
using Wobble.Results.Edits;
using Wobble.Results.Facts;
using Wobble.Results.Storage;
using Wobble.Tests.Support;

namespace Wobble.Dashboard.Tests.Access;

/// <summary>Text that others wrote (servers, manifests, imports, people) in every field that is shown: it stays text on every page, in the offline file and in CSV.</summary>
public sealed class StoredTextTests(DashboardHost host) : IClassFixture<DashboardHost>
{
    private const string Markup = "<img src=x onerror=alert(1)>\"'</script>{{7*7}}";
    // Fields whose text has their name at its end, each of which is on some page.
    private static readonly string[] Fed = ["~cpu", "~kernel", "~system", "~host", "~user", "~version", "~argument", "~file", "~doing", "~problem", "~deleted", "~folder", "~unread"];
    private const string Formula = "=HYPERLINK(\"http://evil\")";

    [Fact]
    public async Task Markup_stays_text_on_every_page_and_in_the_offline_file()
    {
        var (run, other, configuration, experiment, comparison) = await MakeAsync(Markup);
        using var client = await host.WithCookieAsync();
        client.DefaultRequestHeaders.Add("Accept", "text/html");
        string hostile = Uri.EscapeDataString(Markup);
        string[] pages =
        [
            "/", "/runs", $"/runs?q={hostile}", $"/runs?tag={hostile}", $"/r/{run}", "/configurations", $"/configurations/{configuration}", "/runners", "/targets", $"/targets?q={hostile}", "/experiments", $"/x/{experiment}",
            $"/compare?r={run}&r={other}", $"/c/{comparison}", $"/new?again={run}", $"/new?configuration={configuration}", $"/new?target={hostile}&notes={hostile}", "/audit", $"/audit?q={hostile}", "/housekeeping",
            $"/sign-in?to=/{hostile}", $"/nothing/{hostile}", $"/api/runs/{run}.html", "/hangfire",
        ];
        var wrong = new StringBuilder();
        var unseen = Fed.ToHashSet();
        int shown = 0;
        foreach (string page in pages)
        {
            using var answer = await client.GetAsync(page);
            string html = await answer.Content.ReadAsStringAsync();
            if (answer.StatusCode == HttpStatusCode.InternalServerError) wrong.AppendLine($"{page}: 500");
            if (html.Contains("<img src=x", StringComparison.OrdinalIgnoreCase)) wrong.AppendLine($"{page}: {Around(html, "<img src=x")}");
            if (html.Contains("&lt;img src=x", StringComparison.Ordinal)) shown++;
            unseen.RemoveWhere(f => html.Contains(f, StringComparison.Ordinal));
            if (!answer.Headers.GetValues("Content-Security-Policy").Any(p => p.Contains("script-src 'self'", StringComparison.Ordinal) || p.Contains("default-src 'none'", StringComparison.Ordinal))) wrong.AppendLine($"{page}: no policy against scripts");
        }

        Assert.Equal("", wrong.ToString());
        // It was there to be seen: else nothing was tried.
        Assert.True(shown >= 8, $"Only {shown} pages showed the text.");
        Assert.Empty(unseen);
    }

    [Fact]
    public async Task A_cell_of_a_CSV_file_is_never_a_formula()
    {
        var (run, _, _, _, _) = await MakeAsync(Formula);
        using var client = host.SignedOut();

        string csv = await client.GetStringAsync($"/api/runs/{run}.csv?warmup=true");

        AssertNoFormula(csv);
    }

    [Fact]
    public async Task Names_of_an_experiment_stay_text_on_its_pages_in_its_offline_file_and_in_its_CSV()
    {
        string marked = await ExperimentAsync(Markup), formula = await ExperimentAsync(Formula);
        using var client = host.SignedOut();
        client.DefaultRequestHeaders.Add("Accept", "text/html");
        foreach (string page in (string[])[$"/x/{marked}", $"/api/experiments/{marked}.html", $"/compare?r={marked}", $"/compare?r={marked}.1&r={marked}.2"])
        {
            string html = await client.GetStringAsync(page);
            Assert.DoesNotContain("<img src=x", html, StringComparison.OrdinalIgnoreCase);
            Assert.True(html.Contains("&lt;img src=x", StringComparison.Ordinal), page);
        }

        foreach (string table in (string[])[$"/api/experiments/{formula}.csv", $"/api/experiments/{formula}.csv?table=ratios", $"/api/experiments/{formula}.csv?table=runs", $"/api/compare.csv?r={formula}"])
            AssertNoFormula(await client.GetStringAsync(table));
    }

    // A number may be below 0; nothing else begins with what a spreadsheet takes for a formula.
    private static void AssertNoFormula(string csv)
    {
        Assert.Contains("HYPERLINK", csv);
        Assert.DoesNotContain(csv.Split('\n').SelectMany(l => l.Split(',')), cell => cell.TrimStart('"').TrimStart() is ['=' or '+' or '@' or '\t', ..] or ['-', not (>= '0' and <= '9'), ..]);
    }

    private async Task<string> ExperimentAsync(string text)
    {
        var of = Results.Experiments.Making.Compare(["uwsgi-http/bottle", "uwsgi-http/flask"], new Definition { Target = "" }, SamplePlans.Catalogue, 3, 1);
        return (await new StoredExperiments(host.Database).PlayAsync(of with { Question = text, Notes = text, Rows = [.. of.Rows.Select((r, i) => r with { Name = $"{text}{i}" })] }, next => next.Round == 2 ? null : (30, 4_000))).Slug;
    }

    private async Task<(string Run, string Other, Guid Configuration, string Experiment, string Comparison)> MakeAsync(string text)
    {
        string name = text.Length > 60 ? text[..60] : text;
        var known = SamplePlans.Catalogue;
        await host.AddRunnerAsync(catalogue: known with
        {
            Targets = [.. known.Targets.Select(t => t with { About = text, Note = text, Versions = new Dictionary<string, string> { [text] = text } }), known.Targets[0] with { Name = "uwsgi-http/" + name, App = name, Unavailable = text, AddedFrom = text }],
            Broken = [new BrokenManifest(text, text, text)],
            Parts = [.. known.Parts, new Part(text, text, null)],
        });
        await using var db = host.Database.CreateDbContext();
        var machine = SamplePlans.Environment with { Host = text + "~host", Cpu = text + "~cpu", Kernel = text + "~kernel", System = text + "~system", Governor = text, ClockSource = text, Somaxconn = text, Sandbox = text, GeneratorPlace = text, User = text + "~user", Wobble = text, Versions = new Dictionary<string, string> { [text] = text + "~version" } };
        await db.Runners.ExecuteUpdateAsync(r => r.SetProperty(x => x.Host, text).SetProperty(x => x.Doing, text + "~doing").SetProperty(x => x.Environment, machine));
        var experiment = new Experiment { Slug = Slug.New(), Kind = "compare", Question = text, State = "completed" };
        var configuration = new Configuration { Name = name + Slug.New()[..5], Definition = new Definition { Target = "uwsgi-http/bottle" } };
        db.AddRange(experiment, configuration);
        await db.SaveChangesAsync();
        db.Add(new Recurrence { ConfigurationId = configuration.Id, At = new TimeOnly(2, 30), Zone = "UTC", LastAt = DateTimeOffset.UtcNow, LastProblem = text + "~problem" });
        await db.SaveChangesAsync();
        var run = await host.Runs.RecordAsync(new FactsBuilder { PerSecond = 10, End = null, Logs = [new(name, text)] }, tags: [name.ToLowerInvariant()[..Math.Min(name.Length, 40)]], notes: text, configurationId: configuration.Id, experimentId: experiment.Id, round: 1);
        var sample = new FactsBuilder { PerSecond = 10 }.Build().OfType<SampleFact>().Last();
        var plan = run.Plan!;
        plan = plan with
        {
            Wobble = text,
            Warnings = [text],
            Versions = new Dictionary<string, string> { [text] = text },
            Components = [.. plan.Components.Select(c => c with { Command = [text + "~argument"], Environment = new Dictionary<string, string> { [text] = text }, Files = new Dictionary<string, string> { [text] = text + "~file" } })],
        };
        // Its own facts came first, and the first of these count.
        await db.Runs.Where(r => r.Id == run.Id).ExecuteUpdateAsync(r => r.SetProperty(x => x.Plan, plan).SetProperty(x => x.Environment, machine));
        await new Recorder(host.Database).RecordAsync(run.Id,
        [
            new(900, new EventFact(name, name[..Math.Min(name.Length, 32)], text)), new(901, new LogFact(name, text)),
            new(902, sample with { Second = 90, Components = [new ComponentSample { Name = name }], Kinds = [.. sample.Kinds.Select(k => k with { Kind = name })] }),
            new(903, new EndFact { State = RunState.Failed, Reason = text, Leftovers = [text] }),
        ]);
        var other = await host.Runs.RecordAsync(new FactsBuilder { PerSecond = 10 }, notes: text);
        var deleted = await host.Runs.RecordAsync(new FactsBuilder { PerSecond = 10, Definition = new Definition { Target = "uwsgi-http/" + name, Workers = 2, Connections = 10, For = TimeSpan.FromSeconds(1), Warmup = TimeSpan.Zero } });
        await db.Runs.Where(r => r.Id == deleted.Id).ExecuteUpdateAsync(r => r.SetProperty(x => x.DeletedAt, DateTimeOffset.UtcNow));
        db.Add(new Experiment { Slug = Slug.New(), Kind = "compare", Question = text + "~deleted", State = "completed", DeletedAt = DateTimeOffset.UtcNow, DeletedRuns = 0 });
        await db.SaveChangesAsync();
        var folder = new DataFolderUse(DateTimeOffset.UtcNow, text + "~folder", [new DataFolderPart(text, 1, text + "~unread")]);
        await db.Runners.ExecuteUpdateAsync(r => r.SetProperty(x => x.DataFolder, folder));
        await new AuditTrail(host.Database, TimeProvider.System).NoteAsync(text, text, text, text);
        var comparison = await new ComparisonEdits(host.Database, TimeProvider.System).Keep([run.Slug, other.Slug], default);
        return (run.Slug, other.Slug, configuration.Id, experiment.Slug, comparison.Value!);
    }

    private static string Around(string html, string what)
    {
        int at = html.IndexOf(what, StringComparison.OrdinalIgnoreCase);
        return html[Math.Max(0, at - 60)..Math.Min(html.Length, at + 60)];
    }
}
