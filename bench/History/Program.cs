using System.Diagnostics;
using System.Globalization;
using Wobble.Bench.History;
using Wobble.Results.Domain;
using Wobble.Results.Queries;

// Server time of what the pages ask, on few runs and on many, in turn. One process asks, as the Dashboard does; the database is warm.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
string server = args[0];
int many = args.Length > 1 ? int.Parse(args[1]) : 100_000;
const int few = 100, warm = 30, asked = 200;

var sides = new List<(int Runs, Filling Database, List<Question> Questions)>();
foreach (int runs in (int[])[few, many])
{
    var database = new Filling($"{server};Database=history_{runs};Maximum Pool Size=10;Command Timeout=600");
    await database.FillAsync(runs);
    sides.Add((runs, database, await Question.AllAsync(database)));
}

Console.WriteLine($"\nserver time, ms, of {asked} askings each, alternating{"",22}{few,9} runs{"",6}{many,9:#,0} runs");
Console.WriteLine($"{"",-44}{"p50",8}{"p95",8}{"p50",12}{"p95",8}{"ratio of p95",16}");
foreach (int q in Enumerable.Range(0, sides[0].Questions.Count))
{
    var times = sides.Select(_ => new List<double>(asked)).ToList();
    for (int i = 0; i < warm + asked; i++)
    {
        for (int side = 0; side < sides.Count; side++)
        {
            long from = Stopwatch.GetTimestamp();
            await sides[side].Questions[q].AskAsync(i);
            if (i >= warm) times[side].Add(Stopwatch.GetElapsedTime(from).TotalMilliseconds);
        }
    }
    double At(int side, double p) => times[side].Order().ElementAt((int)Math.Ceiling(p * asked) - 1);
    Console.WriteLine($"{sides[0].Questions[q].Name,-44}{At(0, .5),8:0.0}{At(0, .95),8:0.0}{At(1, .5),12:0.0}{At(1, .95),8:0.0}{At(1, .95) / At(0, .95),16:0.0}");
}

var (_, full, _) = sides[1];
double samples = Convert.ToDouble(await full.ScalarAsync("select count(*) from samples"));
Console.WriteLine($"\n{samples:#,0} samples of {many:#,0} runs; bytes of the database for each sample, indexes included:");
foreach (string table in (string[])["samples", "seconds", "runs", "events"])
    Console.WriteLine($"  {table,-10}{Convert.ToDouble(await full.ScalarAsync($"select pg_total_relation_size('{table}')")) / samples,8:#,0}");
double all = Convert.ToDouble(await full.ScalarAsync("select pg_database_size(current_database()) - pg_total_relation_size('copies')"));
Console.WriteLine($"  {"all",-10}{all / samples,8:#,0}   ({all / 1e9:0.0} GB)");
