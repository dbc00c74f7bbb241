using System.Text.Json.Nodes;

namespace Wobble.Runner.Tests.Catalog;

/// <summary>A user's folder with a server and an app that fit, which a test then breaks or changes.</summary>
internal sealed class TargetFolderBuilder : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("wobble-targets-");

    public TargetFolderBuilder()
    {
        // A temporary folder is 0700; the stack's user must be able to read this one.
        File.SetUnixFileMode(folder.FullName, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        Directory.CreateDirectory(Path.Combine(Root, "servers"));
        Directory.CreateDirectory(Path.Combine(Root, "apps", "mine"));
        File.WriteAllText(Path.Combine(Root, "apps", "mine", "app.py"), "app = None\n");
        WriteServer(Server());
        WriteApp(App());
    }

    public string Root => folder.FullName;
    public string ServerFile => Path.Combine(Root, "servers", "plain.json");
    public string AppFile => Path.Combine(Root, "apps", "mine", "app.json");

    public static JsonObject Server() => JsonNode.Parse("""
        {
          "name": "plain", "title": "Plain", "class": "sync", "interface": "wsgi", "packages": [],
          "command": ["{python}", "-m", "plain", "--port", "{port}", "--workers", "{workers}", "{options}", "{app}"],
          "options": [{ "name": "threads", "default": "2", "min": 1, "max": 8, "about": "Threads", "arguments": { "*": ["--threads", "{value}"] } }],
          "processes": "master", "protocol": "http",
          "stop": { "signal": "TERM", "within": "5s" }, "ready": { "kind": "http", "path": "/cpu?ms=0", "within": "10s" },
          "about": "A server of mine"
        }
        """)!.AsObject();

    public static JsonObject App() => JsonNode.Parse("""
        { "name": "mine", "title": "Mine", "interface": "wsgi", "app": "app:app", "packages": [], "database": "sync", "about": "An app of mine" }
        """)!.AsObject();

    public void WriteServer(JsonObject server) => File.WriteAllText(ServerFile, server.ToJsonString());

    public void WriteApp(JsonObject app) => File.WriteAllText(AppFile, app.ToJsonString());

    public void Dispose() => folder.Delete(recursive: true);
}
