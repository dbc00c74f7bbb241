using System.Globalization;
using Bunit;
using Bunit.TestDoubles;
using Hangfire;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using MudBlazor.Services;
using Wobble.Dashboard.Access;
using Wobble.Dashboard.Api;
using Wobble.Dashboard.Components.Layout;
using Wobble.Dashboard.Hosting;
using Wobble.Dashboard.Live;
using Wobble.Results.Domain;
using Wobble.Results.Queries;
using Wobble.Results.Storage;
using Wobble.Tests.Support;

namespace Wobble.Dashboard.Tests.Pages;

/// <summary>Pages as a circuit renders them, over a database of their own; who looks is signed in unless a test says otherwise.</summary>
public abstract class PageScene : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("wobble-pages-").FullName;

    protected TestDatabase Database { get; private set; } = default!;
    protected BunitContext Scene { get; private set; } = default!;
    protected FakeJobs Jobs { get; } = new();
    protected StoredRuns Runs => new(Database);
    protected BunitAuthorizationContext Who { get; private set; } = default!;
    protected NavigationManager Navigation => Scene.Services.GetRequiredService<NavigationManager>();

    protected string Address => "/" + Navigation.ToBaseRelativePath(Navigation.Uri);

    public async ValueTask InitializeAsync()
    {
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        Database = await TestDatabase.CreateAsync();
        BunitContext.DefaultWaitTimeout = TimeSpan.FromSeconds(20);
        Scene = new BunitContext();
        Scene.JSInterop.Mode = JSRuntimeMode.Loose;
        var services = Scene.Services;
        services.AddMudServices();
        services.AddSingleton<IDbContextFactory<WobbleDb>>(Database).AddSingleton(TimeProvider.System).AddSingleton<IBackgroundJobClient>(Jobs);
        services.AddQueries().AddSingleton(Results.Domain.Retention.Default);
        var settings = AccessSettings.Read(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { ["DataFolder"] = _folder }).Build());
        Directory.CreateDirectory(settings.KeysFolder);
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { ["ConnectionStrings:Wobble"] = Database.ConnectionString }).Build();
        services.AddSingleton<IConfiguration>(configuration).AddSingleton<RunQueries>().AddSingleton<RunPictures>().AddSingleton<RunFeed>().AddSingleton<Links>();
        services.AddSingleton(settings).AddSingleton<ApiToken>().AddSingleton<Sessions>().AddSingleton<Audited>().AddScoped<Operator>().AddScoped<Changes>();
        Who = Scene.AddAuthorization();
        Scene.SetRendererInfo(new RendererInfo("Server", true));
        SignIn();
        await using var db = Database.CreateDbContext();
        db.Add(new RunnerRow { Name = "bench-1", Host = "bench-1", Catalogue = SamplePlans.Catalogue, Environment = SamplePlans.Environment, SeenAt = DateTimeOffset.UtcNow.AddHours(1) });
        await db.SaveChangesAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Scene.DisposeAsync();
        await Database.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    protected void SignIn() => Who.SetAuthorized("operator").SetRoles(Sessions.OperatorRole).SetPolicies(Roles.Read);

    protected void SignOut() => Who.SetNotAuthorized();

    /// <summary>Goes to the address and renders its page, until it has been read.</summary>
    protected IRenderedComponent<TPage> Open<TPage>(string address, params (string Name, object? Value)[] route) where TPage : IComponent
    {
        Navigation.NavigateTo(address);
        return Scene.Render<TPage>(parameters =>
        {
            foreach (var (name, value) in route) parameters.TryAdd(name, value!);
        });
    }

    protected async Task<int> CountAsync(System.Linq.Expressions.Expression<Func<Run, bool>> where)
    {
        await using var db = Database.CreateDbContext();
        return await db.Runs.CountAsync(where);
    }

    protected static FactsBuilder Facts(string target, TargetClass targetClass = TargetClass.Sync, double medianMs = 19, double tail = 1.4, int seconds = 3) => new()
    {
        Definition = new() { Target = target, Workers = 8, Connections = 100, For = TimeSpan.FromSeconds(seconds), Warmup = TimeSpan.FromSeconds(1) },
        Class = targetClass,
        MedianMs = medianMs,
        TailRatio = tail,
        PerSecond = 500,
        Start = DateTimeOffset.UtcNow.AddMinutes(-5),
    };
}
