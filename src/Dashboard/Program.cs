using Wobble.Dashboard.Access;
using Wobble.Dashboard.Api;
using Wobble.Dashboard.Hosting;

try
{
    var builder = WebApplication.CreateBuilder(ContentRoot.Options(args));
    builder.AddWobbleData();
    builder.AddAccess();
    builder.AddJobs();
    builder.AddApi();
    builder.AddPages();
    builder.AddLive();
    builder.AddQueries();
    builder.AddTelemetry();

    var app = builder.Build();
    app.UseFaults();
    app.UseNotFoundPage();
    app.UseAccess();
    app.MapApi();
    app.MapPages();
    app.Run();
    return 0;
}
catch (SettingException e)
{
    Console.Error.WriteLine($"wobble: {e.Message}");
    return SettingException.ExitCode;
}
