using Wobble.Dashboard.Hosting;

var builder = WebApplication.CreateBuilder(ContentRoot.Options(args));
builder.AddWobbleData();
builder.AddPages();

var app = builder.Build();
app.MapPages();
app.Run();
