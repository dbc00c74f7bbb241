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
        string apps = Path.Combine(AppContext.BaseDirectory, "TargetApps");
        (bool IsServer, string Text)[] good =
        [
            .. Directory.GetFiles(Path.Combine(apps, "servers"), "*.json").Select(f => (true, File.ReadAllText(f))),
            .. Directory.GetFiles(Path.Combine(apps, "apps"), "app.json", SearchOption.AllDirectories).Select(f => (false, File.ReadAllText(f))),
        ];
        string server = Path.Combine(_folder, "servers", "one.json"), app = Path.Combine(_folder, "apps", "one", "app.json");
        Directory.CreateDirectory(Path.GetDirectoryName(server)!);
        Directory.CreateDirectory(Path.GetDirectoryName(app)!);
        File.WriteAllText(Path.Combine(_folder, "apps", "one", "app.py"), "");
        var mutator = new Mutator(3);
        int refused = 0, count = Mutator.Count(1_000);

        for (int i = 0; i < count; i++)
        {
            var (isServer, text) = good[i % good.Length];
            string mutated = mutator.Next(text), file = isServer ? server : app;
            File.WriteAllText(file, mutated);
            var since = Stopwatch.StartNew();
            try
            {
                if (isServer) ManifestReader.ReadServer(file, _folder);
                else ManifestReader.ReadApp(file, _folder);
            }
            catch (ManifestException e)
            {
                refused++;
                // Of what is no JSON object at all there is no key to name.
                Assert.True(e.Key.Length > 0 || OfTheWhole.Any(w => e.Message.StartsWith(w, StringComparison.Ordinal)), $"{e.Message}: {mutated}");
            }
            Assert.True(since.Elapsed < TimeSpan.FromSeconds(20), mutated);
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"manifests: {count} fed, {refused} refused with key and reason, {count - refused} good all the same");
        Assert.InRange(refused, count / 3, count);
    }
}
