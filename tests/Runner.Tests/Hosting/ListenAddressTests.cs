using System.Net;
using System.Net.Sockets;
using Wobble.Runner.Hosting;

namespace Wobble.Runner.Tests.Hosting;

public sealed class ListenAddressTests
{
    [Theory]
    [InlineData("http://127.0.0.1:5080", "http://127.0.0.1:5080")]
    [InlineData("http://*:8080", "http://localhost:8080")]
    [InlineData("http://+:8080", "http://localhost:8080")]
    [InlineData("http://0.0.0.0:8080", "http://localhost:8080")]
    [InlineData("http://[::1]:8080/", "http://[::1]:8080")]
    [InlineData("http://localhost:8080", "http://localhost:8080")]
    public void Urls_become_what_a_browser_here_opens(string urls, string local) => Assert.Equal(local, Assert.Single(ListenAddress.Parse(urls)).LocalUrl);

    [Theory]
    [InlineData("")]
    [InlineData("5080")]
    [InlineData("127.0.0.1:5080")]
    [InlineData("ftp://127.0.0.1:5080")]
    [InlineData("http://127.0.0.1:99999")]
    [InlineData("http://127.0.0.1:5080/wobble")]
    [InlineData("http://user@127.0.0.1:5080")]
    [InlineData("http://example.org:5080")]
    [InlineData("https://127.0.0.1:5080")]
    public void Urls_that_can_not_be_listened_on_are_refused_with_what_is_allowed(string urls)
    {
        var refusal = Assert.Throws<HostingException>(() => ListenAddress.Parse(urls));

        Assert.Contains($"'{urls}'", refusal.Message);
        Assert.Contains("Allowed is http://HOST:PORT", refusal.Message);
        Assert.Equal(2, refusal.ExitCode);
    }

    [Fact]
    public void Several_urls_stand_with_semicolons_between_them() => Assert.Equal(["http://127.0.0.1:5080", "http://[::1]:5081"], ListenAddress.Parse("http://127.0.0.1:5080; http://[::1]:5081").Select(address => address.Url));

    [Fact]
    public void Port_zero_becomes_a_free_one() => Assert.InRange(Assert.Single(ListenAddress.Parse("http://127.0.0.1:0")).Port, 1024, 65535);

    [Fact]
    public void A_port_in_use_is_named_with_its_process_and_another_that_is_free()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        int port = ((IPEndPoint)taken.LocalEndpoint).Port;

        var refusal = Assert.Throws<HostingException>(() => Assert.Single(ListenAddress.Parse($"http://127.0.0.1:{port}")).Check());

        Assert.Contains($"Port {port} ", refusal.Message);
        Assert.Contains($"(process {Environment.ProcessId})", refusal.Message);
        Assert.Contains("--urls http://127.0.0.1:", refusal.Message);
    }

    [Fact]
    public void A_port_that_is_free_may_be_listened_on() => Assert.Single(ListenAddress.Parse("http://localhost:0")).Check();
}
