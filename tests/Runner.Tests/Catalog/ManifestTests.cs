using System.Text.Json.Nodes;
using Wobble.Runner.Catalog;

namespace Wobble.Runner.Tests.Catalog;

public sealed class ManifestTests : IDisposable
{
    private readonly TargetFolderBuilder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("title", null, "title", "is missing; text")]
    [InlineData("title", "\"\"", "title", "must be text, and not empty")]
    [InlineData("name", "\"other\"", "name", "'other' is not allowed here; plain, as the file or folder is called")]
    [InlineData("name", "\"My Server\"", "name", "'My Server' is not allowed; lower case letters, digits and -, at most 40")]
    [InlineData("class", "\"fast\"", "class", "'fast' is not allowed; sync, green, async")]
    [InlineData("interface", "\"WSGI\"", "interface", "'WSGI' is not allowed; wsgi, asgi, or a word of its own in lower case")]
    [InlineData("packages", "\"python3-flask\"", "packages", "must be a list of texts")]
    [InlineData("packages", "[1]", "packages[0]", "must be text, and not empty")]
    [InlineData("command", "[]", "command", "is empty; program and arguments")]
    [InlineData("command", "[\"plain\", \"{port}\", \"{workers}\", \"{app}\", \"{options}\"]", "command", "'plain' is no absolute path; such as /usr/bin/uwsgi, or {python}")]
    [InlineData("command", "[\"{python}\", \"{workers}\", \"{app}\", \"{options}\"]", "command", "has no {port}")]
    [InlineData("command", "[\"{python}\", \"{port}\", \"{app}\", \"{options}\"]", "command", "has no {workers}")]
    [InlineData("command", "[\"{python}\", \"{port}\", \"{workers}\", \"{app}\"]", "command", "has no {options}, but options have arguments")]
    [InlineData("command", "[\"{python}\", \"{port}\", \"{workers}\", \"{app}\", \"{options}\", \"{host}\"]", "command", "{host} is not known; {port}, {workers}, {app}, {module}, {callable}, {python}, {folder}, {options} are")]
    [InlineData("processes", "\"many\"", "processes", "'many' is not allowed; master, master_of_many, one_each")]
    [InlineData("protocol", "\"fastcgi\"", "protocol", "'fastcgi' is not allowed; http, uwsgi")]
    [InlineData("protocol", "\"uwsgi\"", "ready.kind", "'http' is not allowed; tcp, as the server doesn't speak HTTP")]
    [InlineData("stop", "{ \"signal\": \"KILL\", \"within\": \"5s\" }", "stop.signal", "'KILL' is not allowed; TERM, INT, QUIT")]
    [InlineData("stop", "{ \"signal\": \"TERM\", \"within\": \"soon\" }", "stop.within", "'soon' is no duration; such as 5s")]
    [InlineData("stop", "{ \"signal\": \"TERM\", \"within\": \"5s\", \"then\": \"KILL\" }", "stop.then", "is not known; signal, within are")]
    [InlineData("ready", "{ \"kind\": \"http\", \"within\": \"5s\" }", "ready.path", "is missing; http asks a path, such as /cpu?ms=0")]
    [InlineData("environment", "{ \"A\": \"1\", \"A\": \"2\" }", "environment.A", "stands twice")]
    [InlineData("options", "[{ \"name\": \"x\", \"default\": \"a\", \"values\": [\"a\"], \"about\": \"X\", \"environment\": { \"a\": { \"B\": \"1\", \"B\": \"2\" } } }]", "options[0].environment.a.B", "stands twice")]
    [InlineData("requirements", "\"a\\u0000b\"", "requirements", "has a NUL; the name of a file")]
    [InlineData("requirements", "\"nowhere.txt\"", "requirements", "there is no file FOLDER/servers/nowhere.txt")]
    [InlineData("options", "[{ \"name\": \"x\", \"default\": \"1\", \"about\": \"X\" }]", "options[0].values", "is missing; values, or min and max of a number")]
    [InlineData("options", "[{ \"name\": \"x\", \"default\": \"9\", \"min\": 1, \"max\": 8, \"about\": \"X\" }]", "options[0].default", "'9' is not one of its own values")]
    [InlineData("options", "[{ \"name\": \"x\", \"default\": \"a\", \"values\": [\"a\"], \"about\": \"X\", \"arguments\": { \"b\": [] } }]", "options[0].arguments.b", "is not one of the option's values, nor *")]
    [InlineData("options", "[{ \"name\": \"x\", \"default\": \"a\", \"values\": [\"a\"], \"about\": \"X\", \"colour\": \"red\" }]", "options[0].colour", "is not known; name, default, values, min, max, about, arguments, environment, packages, needs are")]
    [InlineData("colour", "\"red\"", "colour", "is not known; name, stop, ready, title, class, interface, packages, version, requirements, command, environment, options, processes, protocol, about are")]
    public void A_servers_manifest_that_is_wrong_is_refused_by_file_key_and_reason(string key, string? value, string wrongKey, string reason)
    {
        var server = TargetFolderBuilder.Server();
        if (value is null) server.Remove(key);
        else server[key] = JsonNode.Parse(value);
        folder.WriteServer(server);

        var error = Assert.Throws<ManifestException>(() => ManifestReader.ReadServer(folder.ServerFile, folder.Root));

        Assert.Equal((wrongKey, reason.Replace("FOLDER", folder.Root, StringComparison.Ordinal)), (error.Key, error.Message));
    }

    [Theory]
    [InlineData("app", "\"app.app\"", "app", "'app.app' is not allowed; module:callable, such as app:app")]
    [InlineData("app", "\"main:app\"", "app", "there is no main.py beside the manifest")]
    [InlineData("database", "\"mysql\"", "database", "'mysql' is not allowed; sync, async, none")]
    [InlineData("database", null, "database", "is missing; sync, async, none")]
    [InlineData("workers", "8", "workers", "is not known; name, title, interface, app, packages, version, requirements, database, not_under, options, about are")]
    public void An_apps_manifest_that_is_wrong_is_refused_by_file_key_and_reason(string key, string? value, string wrongKey, string reason)
    {
        var app = TargetFolderBuilder.App();
        if (value is null) app.Remove(key);
        else app[key] = JsonNode.Parse(value);
        folder.WriteApp(app);

        var error = Assert.Throws<ManifestException>(() => ManifestReader.ReadApp(folder.AppFile, folder.Root));

        Assert.Equal((wrongKey, reason), (error.Key, error.Message));
    }

    [Theory]
    [InlineData("{\n  \"name\": \"plain\",\n  oops\n}", "", "is no JSON, from line 3 on")]
    [InlineData("[]", "", "must be an object")]
    [InlineData("{ \"name\": \"plain\", \"name\": \"plain\" }", "name", "stands twice")]
    [InlineData("{ \"\\ud800\": \"plain\" }", "", "has a text that is no Unicode: ")]
    public void A_file_that_is_no_object_is_refused(string text, string wrongKey, string reason)
    {
        File.WriteAllText(folder.ServerFile, text);

        var error = Assert.Throws<ManifestException>(() => ManifestReader.ReadServer(folder.ServerFile, folder.Root));

        Assert.Equal(wrongKey, error.Key);
        Assert.StartsWith(reason, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("fast-server", "'fast-server' in")]
    [InlineData("fast-server>=1", "'fast-server>=1' in")]
    [InlineData("# comment\nfast-server==1.0\nhelper", "'helper' in")]
    public void Requirements_without_exact_versions_are_refused(string text, string begins)
    {
        string requirements = Path.Combine(folder.Root, "servers", "plain.requirements.txt");
        File.WriteAllText(requirements, text);
        var server = TargetFolderBuilder.Server();
        server["requirements"] = "plain.requirements.txt";
        folder.WriteServer(server);

        var error = Assert.Throws<ManifestException>(() => ManifestReader.ReadServer(folder.ServerFile, folder.Root));

        Assert.Equal("requirements", error.Key);
        Assert.StartsWith(begins, error.Message, StringComparison.Ordinal);
    }
}
