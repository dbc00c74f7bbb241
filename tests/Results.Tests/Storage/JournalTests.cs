using System.Text;
using CsCheck;
using Wobble.Results.Domain;
using Wobble.Results.Facts;
using Wobble.Results.Storage;
using Wobble.Tests.Support;

namespace Wobble.Results.Tests.Storage;

public sealed class JournalTests : IDisposable
{
    private static readonly IReadOnlyList<Fact> Facts = new FactsBuilder { PerSecond = 20, Logs = [new("nginx", "größer\n\u2028 line")] }.Build();
    private readonly string _folder = Directory.CreateTempSubdirectory("wobble-journal-").FullName;
    private int _count;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Facts_come_back_in_order_with_their_line_as_number()
    {
        string path = Write(Facts);

        var facts = ReadAll(path);

        Assert.Equal(Facts.Select(f => f.ToLine()), facts.Select(f => f.Fact.ToLine()));
        Assert.Equal(Enumerable.Range(1, Facts.Count), facts.Select(f => f.Number));
        Assert.Equal(Facts.Count, File.ReadLines(path).Count());
    }

    [Fact]
    public void Every_prefix_gives_the_facts_whose_lines_are_whole() => Gen.Int[0, (int)new FileInfo(Write(Facts)).Length].Sample(length =>
    {
        byte[] prefix = File.ReadAllBytes(Write(Facts))[..length];
        string path = NewPath();
        File.WriteAllBytes(path, prefix);

        var facts = ReadAll(path);

        Assert.Equal(Facts.Take(prefix.Count(b => b == '\n')).Select(f => f.ToLine()), facts.Select(f => f.Fact.ToLine()));
    }, iter: 60);

    [Fact]
    public void A_journal_cut_anywhere_goes_on_where_its_whole_lines_end() => Gen.Int[0, (int)new FileInfo(Write(Facts)).Length].Sample(length =>
    {
        string path = NewPath();
        File.WriteAllBytes(path, File.ReadAllBytes(Write(Facts))[..length]);
        int whole = ReadAll(path).Count;

        using (var writer = JournalWriter.Open(path)) foreach (var fact in Facts.Skip(whole)) writer.Append(fact);

        Assert.Equal(File.ReadAllText(Write(Facts)), File.ReadAllText(path));
    }, iter: 60);

    [Fact]
    public void A_line_that_is_there_twice_counts_once()
    {
        string[] lines = File.ReadAllLines(Write(Facts));

        Gen.Int[0, lines.Length - 1].Array[1, 5].Sample(twice =>
        {
            string path = NewPath();
            File.WriteAllLines(path, lines.SelectMany((line, i) => twice.Contains(i) ? (string[])[line, line] : [line]));

            Assert.Equal(Enumerable.Range(1, Facts.Count), ReadAll(path).Select(f => f.Number));
        }, iter: 30);
    }

    [Fact]
    public void A_line_that_is_no_fact_is_skipped_and_the_rest_keeps_its_numbers()
    {
        var lines = File.ReadAllLines(Write(Facts)).ToList();
        lines[2] = lines[2][..10];
        lines.Insert(1, "{\"fact\":\"unheard-of\"}");
        string path = NewPath();
        File.WriteAllLines(path, lines);

        Assert.Equal(Enumerable.Range(1, Facts.Count).Where(n => n != 3), ReadAll(path).Select(f => f.Number));
    }

    [Fact]
    public void Lines_without_numbers_are_numbered_in_order()
    {
        string path = NewPath();
        File.WriteAllLines(path, Facts.Select(f => f.ToLine()));

        Assert.Equal(Enumerable.Range(1, Facts.Count), ReadAll(path).Select(f => f.Number));
    }

    [Fact]
    public void A_reader_follows_a_writer()
    {
        string path = NewPath();
        using var writer = JournalWriter.Open(path);
        using var reader = new JournalReader(path);

        Assert.Empty(reader.Read());
        foreach (var fact in Facts)
        {
            int number = writer.Append(fact);
            Assert.Equal(number, Assert.Single(reader.Read()).Number);
        }
        File.AppendAllText(path, "{\"n\":99,\"fact\":\"log\",");
        Assert.Empty(reader.Read());
        File.AppendAllText(path, "\"component\":\"nginx\",\"text\":\"" + new string('x', 200_000) + "\"}\n", Encoding.UTF8);
        Assert.Equal(99, Assert.Single(reader.Read()).Number);
    }

    private string NewPath() => Path.Combine(_folder, $"{Interlocked.Increment(ref _count)}.jsonl");

    private string Write(IReadOnlyList<Fact> facts)
    {
        string path = NewPath();
        using var writer = JournalWriter.Open(path);
        foreach (var fact in facts) writer.Append(fact);
        return path;
    }

    private static List<NumberedFact> ReadAll(string path)
    {
        using var reader = new JournalReader(path);
        var facts = new List<NumberedFact>();
        while (reader.Read() is { Count: > 0 } more) facts.AddRange(more);
        return facts;
    }
}
