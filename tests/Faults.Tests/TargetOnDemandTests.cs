using System.IO.Compression;
using System.Text.Json;
using Wobble.Tests.Support;

namespace Wobble.Faults.Tests;

/// <summary>The way of meinheld and sanic, with a package of our own: named by a requirements.txt, installed by pip from where PIP_FIND_LINKS says, and then run.</summary>
public sealed class TargetOnDemandTests : IDisposable
{
    private readonly string _data = TestFolders.New("demand");

    public void Dispose() => TestFolders.Remove(_data);

    private const string Server = """
        {
          "name": "tiny", "title": "Tiny", "class": "sync", "interface": "wsgi", "packages": [], "requirements": "tiny.requirements.txt",
          "command": ["{python}", "-m", "wobble_tiny", "{port}", "{app}"], "options": [],
          "processes": "one_each", "protocol": "http",
          "stop": { "signal": "TERM", "within": "5s" }, "ready": { "kind": "http", "path": "/cpu?ms=0", "within": "10s" },
          "about": "Python's own wsgiref, as a package"
        }
        """;

    private const string Package = """
        import importlib, socketserver, sys
        from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server


        class Server(socketserver.ThreadingMixIn, WSGIServer):
            request_queue_size = 128


        class Quiet(WSGIRequestHandler):
            def log_message(self, *arguments):
                pass


        module, name = sys.argv[2].split(":")
        make_server("127.0.0.1", int(sys.argv[1]), getattr(importlib.import_module(module), name), Server, Quiet).serve_forever()

        """;

    [Fact]
    public async Task A_target_of_a_requirements_file_becomes_available_and_its_first_run_completes()
    {
        string folder = TestFolders.New("targets"), wheels = TestFolders.New("wheels"), data = _data;
        Directory.CreateDirectory(Path.Combine(folder, "servers"));
        await File.WriteAllTextAsync(Path.Combine(folder, "servers", "tiny.json"), Server);
        await File.WriteAllTextAsync(Path.Combine(folder, "servers", "tiny.requirements.txt"), "wobble-tiny==0.1\n");
        MakeWheel(Path.Combine(wheels, "wobble_tiny-0.1-py3-none-any.whl"));
        var settings = new Dictionary<string, string> { ["TargetFolders"] = folder, ["PIP_NO_INDEX"] = "1", ["PIP_FIND_LINKS"] = wheels };

        var (code, output, errors) = await CommandLine.RunAsync(["run", "tiny/bottle", "--workers", "1", "--connections", "2", "--warmup", "0s", "--for", "2s", "--json", "--data", data], settings);

        Assert.True(code is 0 or 4, $"{code}: {errors}");
        Assert.Contains("Installing server.tiny-", errors, StringComparison.Ordinal);
        var result = JsonDocument.Parse(output).RootElement;
        Assert.True(result.GetProperty("requests").GetInt64() > 0, output);
        (_, output, _) = await CommandLine.RunAsync(["targets", "--json", "--data", data], settings);
        var target = JsonDocument.Parse(output).RootElement.GetProperty("targets").EnumerateArray().Single(t => t.GetProperty("name").GetString() == "tiny/bottle");
        Assert.Equal("0.1", target.GetProperty("versions").GetProperty("wobble-tiny").GetString());
    }

    private static void MakeWheel(string path)
    {
        using var wheel = ZipFile.Open(path, ZipArchiveMode.Create);
        Write("wobble_tiny/__init__.py", "");
        Write("wobble_tiny/__main__.py", Package);
        Write("wobble_tiny-0.1.dist-info/METADATA", "Metadata-Version: 2.1\nName: wobble-tiny\nVersion: 0.1\n");
        Write("wobble_tiny-0.1.dist-info/WHEEL", "Wheel-Version: 1.0\nGenerator: wobble\nRoot-Is-Purelib: true\nTag: py3-none-any\n");
        Write("wobble_tiny-0.1.dist-info/RECORD", "wobble_tiny/__init__.py,,\nwobble_tiny/__main__.py,,\nwobble_tiny-0.1.dist-info/METADATA,,\nwobble_tiny-0.1.dist-info/WHEEL,,\nwobble_tiny-0.1.dist-info/RECORD,,\n");

        void Write(string entry, string text)
        {
            using var to = new StreamWriter(wheel.CreateEntry(entry).Open());
            to.Write(text);
        }
    }
}
