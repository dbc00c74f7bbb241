using Microsoft.Extensions.Hosting;

namespace Wobble.Runner.Work;

/// <summary>Stops before everything else: waits until the run under way has stopped its stack and told its end. The run itself hears of the stop by its token.</summary>
internal sealed class RunDrain(CancelWishes wishes) : IHostedService
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        while (wishes.Watched.Count > 0 && !cancellationToken.IsCancellationRequested) await Task.Delay(Look, cancellationToken).ContinueWith(_ => { }, TaskScheduler.Default);
    }
}
