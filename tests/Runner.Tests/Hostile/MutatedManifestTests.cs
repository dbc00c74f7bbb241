using System.Diagnostics;
using Wobble.Runner.Catalog;
using Wobble.Tests.Support;

namespace Wobble.Runner.Tests.Hostile;

/// <summary>Manifests that nobody meant: read, or refused with the key that is wrong.</summary>
public sealed class MutatedManifestTests : IDisposable
{
    private static readonly string[] OfTheWhole = ["is no JSON", "has a text that is no Unicode", "must be an object", "stands twice"];
    private readonly string _folder = Directory.CreateTempSubdirectory("wobble-mutated-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Mutated_manifests()
    {
        // Each keeps its place and what lies beside it: a manifest of another name is refused before anything else in it is read.
        string apps = Path.Combine(AppContext.BaseDirectory, "TargetApps");
        foreach (string file in Directory.GetFiles(apps, "*", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(_folder, Path.GetRelativePath(apps, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
        (bool IsServer, string File, string Text)[] good =
        [
            .. Directory.GetFiles(Path.Combine(_folder, "servers"), "*.json").Select(f => (true, f, File.ReadAllText(f))),
            .. Directory.GetFiles(Path.Combine(_folder, "apps"), "app.json", SearchOption.AllDirectories).Select(f => (false, f, File.ReadAllText(f))),
        ];
        foreach (var (isServer, file, _) in good) Read(isServer, file);
        var mutator = new Mutator(3);
        var keys = new HashSet<string>();
        int refused = 0, count = Mutator.Count(1_000);

        for (int i = 0; i < count; i++)
        {
            var (isServer, file, text) = good[i % good.Length];
            string mutated = mutator.Next(text);
            File.WriteAllText(file, mutated);
            var since = Stopwatch.StartNew();
            try
            {
                Read(isServer, file);
            }
            catch (ManifestException e)
            {
                refused++;
                keys.Add(e.Key.Split('.', '[')[0]);
                // Of what is no JSON object at all there is no key to name.
                Assert.True(e.Key.Length > 0 || OfTheWhole.Any(w => e.Message.StartsWith(w, StringComparison.Ordinal)), $"{e.Message}: {mutated}");
            }
            Assert.True(since.Elapsed < TimeSpan.FromSeconds(20), mutated);
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"manifests: {count} fed, {refused} refused with key and reason, {count - refused} good all the same");
        Assert.InRange(refused, count / 3, count - 1);
        // Deep enough to be about more than names.
        string[] all = ["name", "title", "class", "interface", "packages", "command", "options", "processes", "protocol", "stop", "ready", "app", "database", "about"];
        Assert.Empty(all.Except(keys));
    }

    private void Read(bool isServer, string file)
    {
        if (isServer) ManifestReader.ReadServer(file, _folder);
        else ManifestReader.ReadApp(file, _folder);
    }
}
