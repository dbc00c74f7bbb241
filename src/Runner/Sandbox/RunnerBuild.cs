using System.Runtime.InteropServices;

namespace Wobble.Runner.Sandbox;

/// <summary>Where this build of the Runner lies, to be started again: inside the sandbox, or as the generator.</summary>
/// <param name="Folder">Its folder.</param>
/// <param name="DotnetRoot">The .NET installation that runs it.</param>
internal sealed record RunnerBuild(string Folder, string DotnetRoot)
{
    private const string Name = "Runner";

    /// <summary>The running one. Asked of the assembly, not the process: a test's host is another program beside the same build.</summary>
    public static RunnerBuild Current { get; } = new(
        Path.GetDirectoryName(typeof(RunnerBuild).Assembly.Location)!,
        // …/shared/Microsoft.NETCore.App/10.0.0/ is the runtime's own folder.
        Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..")).TrimEnd('/'));

    /// <summary>How it is started where its folder is seen as <paramref name="folder"/>.</summary>
    public IReadOnlyList<string> Command(string folder) => [Path.Combine(DotnetRoot, "dotnet"), Path.Combine(folder, Name + ".dll")];
}
