using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Wobble.Dashboard.Access;
using Wobble.Dashboard.Api;
using Wobble.Dashboard.Hosting;

namespace Wobble.Dashboard.Tests.Access;

public sealed class AccessSettingsTests
{
    [Theory]
    [InlineData("PublicUrl", "wobble.example.org", "PublicUrl: 'wobble.example.org' is not allowed")]
    [InlineData("PublicUrl", "https://wobble.example.org/?a=b", "PublicUrl: 'https://wobble.example.org/?a=b' is not allowed")]
    [InlineData("WOBBLE_TOKEN", "guess-me", "WOBBLE_TOKEN has 8 characters; at least 16")]
    [InlineData("Urls", "5080", "Urls: '5080' is not allowed; addresses such as http://127.0.0.1:5080")]
    [InlineData("RequestsPerSecond", "0", "RequestsPerSecond: '0' is not allowed; a whole number from 1 to 1,000,000.")]
    [InlineData("RequestsAtOnce", "many", "RequestsAtOnce: 'many' is not allowed")]
    public void A_setting_that_is_not_allowed_is_named_with_what_is(string key, string value, string sentence) =>
        Assert.StartsWith(sentence, Assert.Throws<SettingException>(() => Read((key, value))).Message);

    [Theory]
    [InlineData("http://127.0.0.1:5080", "", "", "localhost 127.0.0.1 [::1] 127.0.0.1:5080", "bench-1 10.0.0.7 evil.example")]
    [InlineData("http://10.0.0.7:5080", "", "", "10.0.0.7:5080 localhost", "10.0.0.8 evil.example")]
    [InlineData("http://*:5080", "", "", "10.0.0.7 [fe80::1] 127.0.0.1", "evil.example 10.0.0.7.evil.example")]
    [InlineData("http://0.0.0.0:80;https://[::]:443", "", "", "10.0.0.7 [fe80::1]", "evil.example")]
    [InlineData("http://127.0.0.1:5080", "https://wobble.example.org/x", "", "wobble.example.org WOBBLE.example.org", "example.org")]
    [InlineData("http://127.0.0.1:5080", "", "bench.lan; bench", "bench.lan bench", "lan")]
    public void The_names_that_are_answered_follow_from_the_settings(string urls, string publicUrl, string allowed, string yes, string no)
    {
        var names = new HostNames(Read(("Urls", urls), ("PublicUrl", publicUrl), ("AllowedHosts", allowed)));

        Assert.All(yes.Split(' '), name => Assert.True(names.Allows(new HostString(name)), name));
        Assert.All(no.Split(' '), name => Assert.False(names.Allows(new HostString(name)), name));
    }

    [Theory]
    [InlineData("http://127.0.0.1:5080", "", true)]
    [InlineData("http://localhost:5080;http://[::1]:5080", "", true)]
    [InlineData("http://127.0.0.1:5080", "https://wobble.example.org", false)]
    [InlineData("http://*:5080", "", false)]
    [InlineData("http://127.0.0.1:5080;http://10.0.0.7:5080", "", false)]
    public void A_link_opens_on_this_machine_alone_while_only_loopback_is_listened_on(string urls, string publicUrl, bool expected) =>
        Assert.Equal(expected, new Links(Read(("Urls", urls), ("PublicUrl", publicUrl))).IsThisMachineOnly);

    [Theory]
    [InlineData("", "http://127.0.0.1:5080/r/x")]
    [InlineData("https://wobble.example.org", "https://wobble.example.org/r/x")]
    [InlineData("https://example.org/wobble/", "https://example.org/wobble/r/x")]
    public void A_copied_link_begins_with_PublicUrl(string publicUrl, string expected) =>
        Assert.Equal(expected, new Links(Read(("PublicUrl", publicUrl))).Page("http://127.0.0.1:5080/", "r/x"));

    [Fact]
    public void A_token_is_made_once_readable_by_its_owner_alone_and_kept()
    {
        string folder = Directory.CreateTempSubdirectory("wobble-token-").FullName;
        try
        {
            var settings = Read(("DataFolder", folder));
            var first = new ApiToken(settings);
            string token = File.ReadAllText(settings.TokenFile).Trim();

            var second = new ApiToken(settings);

            Assert.True(token.Length >= 40);
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(settings.TokenFile));
            Assert.True(first.Matches(token) && second.Matches(token));
            Assert.False(second.Matches(token + "x") || second.Matches("") || second.Matches(null));
            Assert.Equal(first.StampOf(Roles.Operator), second.StampOf(Roles.Operator));
            Assert.Equal(settings.TokenFile, first.KeptIn);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Two_installations_have_cookies_of_their_own() =>
        Assert.NotEqual(Read(("DataFolder", "/srv/a")).CookieSuffix, Read(("DataFolder", "/srv/b")).CookieSuffix);

    private static AccessSettings Read(params (string Key, string Value)[] settings) => AccessSettings.Read(new ConfigurationBuilder()
        .AddInMemoryCollection(settings.Prepend(("DataFolder", "/nowhere")).GroupBy(s => s.Item1).ToDictionary(g => g.Key, g => (string?)g.Last().Item2)).Build());
}
