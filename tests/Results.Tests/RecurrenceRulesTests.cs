using System.Net;
using Wobble.Results.Domain;

namespace Wobble.Results.Tests;

public class RecurrenceRulesTests
{
    [Theory]
    [InlineData("2026-11-26T01:00Z", "", "2026-11-26T02:30+01:00")]
    [InlineData("2026-11-26T01:30Z", "", "2026-11-27T02:30+01:00")]
    [InlineData("2026-11-26T12:00Z", "mon,thu", "2026-11-30T02:30+01:00")]
    // The clocks go from 2:00 to 3:00: half past two isn't there.
    [InlineData("2026-03-28T12:00Z", "", "2026-03-29T03:00+02:00")]
    // They go from 3:00 back to 2:00: half past two is there twice, and the first counts.
    [InlineData("2026-10-24T12:00Z", "", "2026-10-25T02:30+02:00")]
    [InlineData("2026-10-25T00:30Z", "", "2026-10-26T02:30+01:00")]
    public void The_next_time_is_in_the_zones_own_clock(string after, string days, string expected)
    {
        RecurrenceRules.TryZone("Europe/Berlin", out var zone);

        var next = RecurrenceRules.Next(new TimeOnly(2, 30), days, zone, DateTimeOffset.Parse(after, System.Globalization.CultureInfo.InvariantCulture));

        Assert.Equal(DateTimeOffset.Parse(expected, System.Globalization.CultureInfo.InvariantCulture), next);
    }

    [Fact]
    public void Days_are_written_monday_first_and_seven_are_every_day()
    {
        Assert.True(RecurrenceRules.TryDays(["Thu", "mon"], out string two));
        Assert.True(RecurrenceRules.TryDays(RecurrenceRules.DayNames, out string all));
        Assert.False(RecurrenceRules.TryDays(["mon", "someday"], out _));
        Assert.Equal(("mon,thu", ""), (two, all));
        Assert.Equal(("30 2 * * MON,THU", "30 2 * * *"), (RecurrenceRules.Cron(new TimeOnly(2, 30), two), RecurrenceRules.Cron(new TimeOnly(2, 30), all)));
        Assert.Equal(("on mon and thu at 02:30", "every day at 02:30"), (RecurrenceRules.Words(new TimeOnly(2, 30), two), RecurrenceRules.Words(new TimeOnly(2, 30), all)));
    }

    [Theory]
    [InlineData("02:30", true), InlineData("23:59", true), InlineData("24:00", false), InlineData("2:30", false), InlineData("", false), InlineData(null, false)]
    public void A_time_is_hours_and_minutes(string? text, bool isTime) => Assert.Equal(isTime, RecurrenceRules.TryTime(text, out _));

    [Theory]
    [InlineData("https://hooks.example.com/T0/secret", true)]
    [InlineData("http://127.0.0.1:9/x", true), InlineData("http://localhost/x", true), InlineData("http://[::1]:80/x", true)]
    [InlineData("http://hooks.example.com/x", false), InlineData("http://10.0.0.5/x", false), InlineData("http://127.0.0.1.example.com/", false)]
    [InlineData("https://user:password@example.com/", false), InlineData("https://example.com/#part", false), InlineData("ftp://example.com/", false), InlineData("file:///etc/passwd", false)]
    [InlineData("https://exa mple.com/", false), InlineData("/r/abc", false), InlineData("", false)]
    public void A_webhook_is_https_or_loopback(string address, bool isAllowed) => Assert.Equal(isAllowed, WebhookRules.TryParse(address, out _));

    [Theory]
    [InlineData("93.184.216.34", true, false, true), InlineData("93.184.216.34", false, true, false)]
    [InlineData("127.0.0.1", false, false, true), InlineData("::1", false, false, true), InlineData("::ffff:127.0.0.1", false, false, true)]
    [InlineData("10.1.2.3", true, false, false), InlineData("10.1.2.3", true, true, true), InlineData("192.168.1.1", true, false, false), InlineData("172.31.0.1", true, false, false), InlineData("172.32.0.1", true, false, true), InlineData("100.64.0.1", true, false, false)]
    [InlineData("169.254.169.254", true, true, false), InlineData("::ffff:169.254.169.254", true, true, false), InlineData("fe80::1", true, true, false), InlineData("0.0.0.0", true, true, false), InlineData("224.0.0.1", true, true, false), InlineData("255.255.255.255", true, true, false)]
    [InlineData("fd00::1", true, false, false), InlineData("fd00::1", true, true, true), InlineData("2606:4700::1", true, false, true), InlineData("64:ff9b::a9fe:a9fe", true, true, false), InlineData("2002:a9fe:a9fe::1", true, true, false)]
    public void What_a_name_resolves_to_is_looked_at(string ip, bool isHttps, bool allowPrivate, bool isAllowed) => Assert.Equal(isAllowed, WebhookRules.MayConnect(IPAddress.Parse(ip), isHttps, allowPrivate));

    [Fact]
    public void Of_a_webhook_only_the_host_is_shown() => Assert.Equal("https://hooks.example.com:8443/…", WebhookRules.Shown("https://hooks.example.com:8443/T0/secret?key=1"));
}
