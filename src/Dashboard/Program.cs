using Wobble.Dashboard.Access;
using Wobble.Dashboard.Hosting;

var builder = WebApplication.CreateBuilder(ContentRoot.Options(args));
builder.AddWobbleData();
builder.AddAccess();
builder.AddJobs();
builder.AddPages();
builder.AddLive();
builder.AddQueries();

var app = builder.Build();
app.UseAccess();
app.MapPages();
app.Run();
