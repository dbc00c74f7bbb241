using Microsoft.JSInterop;

namespace Wobble.Dashboard.Components.Layout;

/// <summary>Calls into the browser that a closed page may end at any time: then there is nobody left to tell.</summary>
internal static class Browser
{
    public static async Task<T?> AskAsync<T>(Func<ValueTask<T>> call)
    {
        try
        {
            return await call();
        }
        catch (Exception e) when (e is JSDisconnectedException or OperationCanceledException or ObjectDisposedException)
        {
            return default;
        }
    }

    public static async Task TellAsync(Func<ValueTask> call)
    {
        try
        {
            await call();
        }
        catch (Exception e) when (e is JSDisconnectedException or OperationCanceledException or ObjectDisposedException)
        {
            // As above.
        }
    }
}
