using System.Net.Sockets;
using System.Reflection;
using System.Security.Claims;
using Hangfire;
using Microsoft.AspNetCore.Components;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Wobble.Dashboard.Access;
using Wobble.Results.Domain;
using Wobble.Results.Edits;
using Wobble.Results.Jobs;
using Wobble.Results.Storage;

namespace Wobble.Dashboard.Tests.Access;

public sealed class ChangesTests(DashboardHost host) : IClassFixture<DashboardHost>
{
    private static readonly Definition Asked = new() { Target = "uwsgi-http/bottle" };

    [Fact]
    public async Task No_change_is_made_for_someone_signed_out()
    {
        await host.AddRunnerAsync();
        await using var scope = host.Services.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<Operator>().ActFor(new ClaimsPrincipal(new ClaimsIdentity()));
        var changes = scope.ServiceProvider.GetRequiredService<Changes>();
        var methods = typeof(Changes).GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly);

        foreach (var method in methods)
            await Assert.ThrowsAsync<NotSignedInException>(() => (Task)method.Invoke(changes, [.. method.GetParameters().Select(p => Argument(p.ParameterType))])!);

        await using var db = host.Database.CreateDbContext();
        Assert.Empty(db.Runs.Where(r => r.Target == Asked.Target && r.JobId != null));
        Assert.True(methods.Length >= 13);
    }

    [Fact]
    public async Task Each_change_says_when_the_database_is_away()
    {
        await using var scope = host.Services.CreateAsyncScope();
        var changes = ChangesOver(new DatabaseAway(), new DatabaseAway(), scope.ServiceProvider);

        foreach (var method in typeof(Changes).GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly))
        {
            var told = await Assert.ThrowsAsync<NotChangedException>(() => (Task)method.Invoke(changes, [.. method.GetParameters().Select(p => Argument(p.ParameterType))])!);
            Assert.StartsWith("Nothing was changed: ", told.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_change_during_which_the_database_goes_away_is_not_told_as_undone()
    {
        await using var scope = host.Services.CreateAsyncScope();
        var changes = ChangesOver(new DatabaseAway(), host.Database, scope.ServiceProvider);

        var told = await Assert.ThrowsAsync<NotChangedException>(() => changes.CancelExperimentAsync("x", default));

        Assert.StartsWith("Wobble’s database was lost meanwhile: look whether it was done", told.Message, StringComparison.Ordinal);
    }

    private static Changes ChangesOver(IDbContextFactory<WobbleDb> databases, IDbContextFactory<WobbleDb> audit, IServiceProvider services)
    {
        var who = services.GetRequiredService<Operator>();
        who.ActFor(services.GetRequiredService<Sessions>().Begin("test"));
        return new Changes(who, databases, services.GetRequiredService<IBackgroundJobClient>(), TimeProvider.System, Retention.Default, new Audited(audit, TimeProvider.System, NullLogger<Audited>.Instance));
    }

    private sealed class DatabaseAway : IDbContextFactory<WobbleDb>
    {
        public WobbleDb CreateDbContext() => throw new SocketException((int)SocketError.ConnectionRefused);
    }

    [Fact]
    public async Task A_session_that_has_ended_changes_nothing_more_in_an_open_page()
    {
        await using var scope = host.Services.CreateAsyncScope();
        var sessions = scope.ServiceProvider.GetRequiredService<Sessions>();
        var user = sessions.Begin("test");
        var who = scope.ServiceProvider.GetRequiredService<Operator>();
        who.ActFor(user);
        Assert.True(await who.IsSignedInAsync());

        sessions.End(user);

        await Assert.ThrowsAsync<NotSignedInException>(who.RequireAsync);
    }

    [Theory, InlineData(typeof(RunQueue)), InlineData(typeof(ExperimentQueue)), InlineData(typeof(RunEdits)), InlineData(typeof(ExperimentEdits)), InlineData(typeof(ConfigurationEdits)), InlineData(typeof(ComparisonEdits)), InlineData(typeof(LinkEdits)), InlineData(typeof(RecurrenceEdits))]
    public void What_changes_things_is_in_no_container(Type type) => Assert.Null(host.Services.GetService(type));

    [Fact]
    public void A_page_is_for_the_operator_or_says_that_it_is_for_everyone()
    {
        var pages = typeof(Operator).Assembly.GetTypes().Where(t => t.GetCustomAttributes<RouteAttribute>().Any()).ToList();

        Assert.NotEmpty(pages);
        Assert.All(pages, page => Assert.True(page.GetCustomAttributes().Any(a => a is Microsoft.AspNetCore.Authorization.IAuthorizeData or Microsoft.AspNetCore.Authorization.IAllowAnonymous), $"{page.Name} says neither"));
    }

    private static object Argument(Type type) =>
        type == typeof(string) ? "x"
        : type == typeof(Guid) ? Guid.NewGuid()
        : type == typeof(int) ? 1
        : type == typeof(Definition) ? Asked
        : type == typeof(IReadOnlyList<RunRequest>) ? (RunRequest[])[new RunRequest { Definition = Asked }]
        : type == typeof(RunRequest) ? new RunRequest { Definition = Asked }
        : type == typeof(Func<Catalogue, Results.Experiments.ExperimentDefinition>) ? (Func<Catalogue, Results.Experiments.ExperimentDefinition>)(_ => throw new InvalidOperationException("It was asked to make one."))
        : type == typeof(RecurrenceWish) ? new RecurrenceWish { Time = "02:30" }
        : type == typeof(CancellationToken) ? CancellationToken.None
        : type == typeof(IReadOnlyList<Guid>) ? (Guid[])[Guid.NewGuid()]
        : type.IsAssignableFrom(typeof(string[])) ? (string[])["x"]
        : type.IsValueType ? Activator.CreateInstance(type)!
        // Refused before it is looked at.
        : null!;
}
