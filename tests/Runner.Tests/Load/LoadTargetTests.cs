using Wobble.Results.Domain;
using Wobble.Runner.Load;

namespace Wobble.Runner.Tests.Load;

public sealed class LoadTargetTests
{
    [Theory]
    [InlineData("http://127.0.0.1:8000/row?key={key}", "127.0.0.1", 8000, "127.0.0.1:8000", "/row?key={key}")]
    [InlineData("http://[::1]:8000/", "::1", 8000, "[::1]:8000", "/")]
    [InlineData("http://example.org", "example.org", 80, "example.org", "/")]
    [InlineData("HTTP://example.org?a=b#part", "example.org", 80, "example.org", "/?a=b")]
    public void A_url_says_where_to_connect_and_what_to_ask_for(string url, string host, int port, string header, string path) =>
        Assert.Equal(new LoadTarget(host, port, header, path), LoadTarget.Parse(url, null, []));

    [Fact]
    public void Beside_a_unix_socket_the_url_says_host_and_path_only() =>
        Assert.Equal(new LoadTarget("unix:/run/app.sock", 0, "app", "/x"), LoadTarget.Parse("http://app/x", "/run/app.sock", []));

    [Theory]
    [InlineData("https://127.0.0.1/", "TLS")]
    [InlineData("127.0.0.1:8000", "an address such as")]
    [InlineData("http://me:secret@127.0.0.1/", "without user and password")]
    [InlineData("http://:8000/", "a host name")]
    [InlineData("http://127.0.0.1:80000/", "1 to 65535")]
    public void What_is_no_such_url_is_refused_in_words(string url, string says)
    {
        var errors = new List<FieldError>();

        Assert.Null(LoadTarget.Parse(url, null, errors));

        var error = Assert.Single(errors);
        Assert.Equal(("url", url), (error.Field, error.Value));
        Assert.Contains(says, error.Allowed, StringComparison.Ordinal);
    }
}
