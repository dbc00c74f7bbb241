using System.Net.Sockets;
using Wobble.Results.Storage;

namespace Wobble.Results.Tests.Storage;

public sealed class DatabaseFaultsTests
{
    [Fact]
    public void A_host_that_refuses_or_is_not_found_in_time_is_a_database_that_is_away()
    {
        Assert.True(DatabaseFaults.IsAway(new TimeoutException()));
        Assert.True(DatabaseFaults.IsAway(new InvalidOperationException("", new TimeoutException())));
        Assert.True(DatabaseFaults.IsAway(new SocketException((int)SocketError.ConnectionRefused)));
        Assert.False(DatabaseFaults.IsAway(new InvalidOperationException()));
        Assert.False(DatabaseFaults.IsAway(null));
    }
}
