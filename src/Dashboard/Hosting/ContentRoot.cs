namespace Wobble.Dashboard.Hosting;

/// <summary>
/// Where settings and static files are, whatever the working directory: beside a published app, else the folder of the solution. A content root
/// taken from the working directory serves empty files with 200.
/// </summary>
internal static class ContentRoot
{
    private const string Solution = "Dashboard.sln";

    public static WebApplicationOptions Options(string[] args)
    {
        string root = Find(AppContext.BaseDirectory);
        return new WebApplicationOptions { Args = args, ContentRootPath = root, WebRootPath = Path.Combine(root, "wwwroot") };
    }

    /// <summary>Publishing copies <c>wwwroot</c> beside the app, building doesn't: that tells the two apart.</summary>
    public static string Find(string start)
    {
        if (Directory.Exists(Path.Combine(start, "wwwroot"))) return start;
        for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, Solution))) return folder.FullName;
        return start;
    }
}
