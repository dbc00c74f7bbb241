using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Wobble.Dashboard.Access;
using Wobble.Dashboard.Hosting;
using Wobble.Dashboard.Tests.Access;
using Wobble.Tests.Support;

namespace Wobble.Dashboard.Tests.Behind;

/// <summary>The Dashboard behind a real nginx that ends TLS, below a path of it: what docs/behind-a-proxy.md says, tried.</summary>
public sealed class NginxTests(NginxHost nginx) : IClassFixture<NginxHost>
{
    [Fact]
    public async Task Pages_files_and_links_lie_below_the_path_and_know_the_scheme()
    {
        var run = await nginx.Host.Runs.RecordAsync(new FactsBuilder { PerSecond = 10 });
        using var client = nginx.Client();

        string page = await client.GetStringAsync($"r/{run.Slug}");
        var answer = await client.GetFromJsonAsync<JsonObject>($"api/runs/{run.Slug}");

        Assert.Contains("<base href=\"/wobble/\" />", page);
        Assert.Equal($"{nginx.Address}r/{run.Slug}", (string)answer!["url"]!);
        string file = System.Text.RegularExpressions.Regex.Match(page, "href=\"(css/wobble[^\"]*)\"").Groups[1].Value;
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(file)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("_framework/blazor.web.js")).StatusCode);
    }

    [Fact]
    public async Task A_sign_in_makes_a_cookie_for_https_alone_and_goes_on_below_the_path()
    {
        using var client = nginx.Client();
        string form = System.Text.RegularExpressions.Regex.Match(await client.GetStringAsync("sign-in"), "name=\"__RequestVerificationToken\" value=\"([^\"]+)\"").Groups[1].Value;

        using var answer = await client.PostAsync("sign-in", new FormUrlEncodedContent([new("__RequestVerificationToken", form), new("token", DashboardHost.Token), new("to", "/runs")]));

        Assert.Equal(HttpStatusCode.SeeOther, answer.StatusCode);
        Assert.Equal("/wobble/runs", answer.Headers.Location!.ToString());
        Assert.StartsWith("max-age=", answer.Headers.GetValues("Strict-Transport-Security").Single());
        Assert.All(answer.Headers.GetValues("Set-Cookie"), cookie => Assert.Contains("secure", cookie));
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("api/runs")).StatusCode);
    }

    [Fact]
    public async Task A_pages_circuit_comes_through_as_a_WebSocket()
    {
        using var client = nginx.Client();
        var negotiated = await (await client.PostAsync("_blazor/negotiate?negotiateVersion=1", null)).Content.ReadFromJsonAsync<JsonObject>();
        using var socket = new ClientWebSocket();
        socket.Options.RemoteCertificateValidationCallback = (_, certificate, _, _) => nginx.IsItsOwn(certificate);
        socket.Options.SetRequestHeader("Origin", nginx.Address.GetLeftPart(UriPartial.Authority));

        await socket.ConnectAsync(new Uri($"{nginx.Address.AbsoluteUri.Replace("https:", "wss:", StringComparison.Ordinal)}_blazor?id={negotiated!["connectionToken"]}"), CancellationToken.None);
        await socket.SendAsync("{\"protocol\":\"blazorpack\",\"version\":1}\u001e"u8.ToArray(), WebSocketMessageType.Text, true, CancellationToken.None);
        var received = await socket.ReceiveAsync(new byte[1024], CancellationToken.None);

        Assert.Equal(WebSocketState.Open, socket.State);
        Assert.True(received.Count > 0);
    }

    [Fact]
    public async Task Who_asked_is_who_nginx_says_and_nobody_else_is_believed()
    {
        // From an address that is not the proxy's own, and claims to be yet another.
        using var client = nginx.From(IPAddress.Parse("127.0.0.9"));
        await GuessAsync(client, "api/runs", "203.0.113.7");
        var addresses = await AddressesAsync();
        Assert.Contains("127.0.0.9", addresses);
        Assert.DoesNotContain("203.0.113.7", addresses);

        var alone = new DashboardHost { Database = nginx.Host.Database };
        await alone.InitializeAsync();
        using var unproxied = alone.SignedOut();
        await GuessAsync(unproxied, "/api/runs", "198.51.100.9");
        Assert.DoesNotContain("198.51.100.9", await AddressesAsync());
        await alone.DisposeAsync();
    }

    [Theory]
    [InlineData("KnownProxies", "nginx"), InlineData("KnownProxies", "0.0.0.0/0"), InlineData("PathBase", "wobble"), InlineData("PathBase", "/a/../b"), InlineData("PathBase", "//evil.example.org")]
    public void A_setting_that_is_not_allowed_is_named(string name, string value) =>
        Assert.StartsWith($"{name}: '{value}'", Assert.Throws<SettingException>(() => ProxySettings.Read(key => key == name ? value : null)).Message);

    private static async Task GuessAsync(HttpClient client, string address, string claimed)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.Authorization = new("Bearer", "a-guess-that-is-wrong");
        request.Headers.Add("X-Forwarded-For", claimed);
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.SendAsync(request)).StatusCode);
    }

    private async Task<List<string>> AddressesAsync()
    {
        using var owner = nginx.Host.WithToken();
        return [.. (await owner.GetFromJsonAsync<JsonObject>("/api/audit?q=wrong bearer"))!["entries"]!.AsArray().Select(e => (string?)e!["from"] ?? "")];
    }
}

/// <summary>nginx on a free port of loopback, with a certificate of its own.</summary>
public sealed class NginxHost : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("wobble-nginx-").FullName;
    private Process? _nginx;
    private string _certificate = "";

    public DashboardHost Host { get; } = new() { Settings = { ["KnownProxies"] = "127.0.0.1", ["PathBase"] = "/wobble" } };
    public Uri Address { get; private set; } = default!;

    public bool IsItsOwn(X509Certificate? certificate) => certificate?.GetCertHashString(HashAlgorithmName.SHA256) == _certificate;

    public HttpClient Client() => new(new HttpClientHandler { AllowAutoRedirect = false, CookieContainer = new CookieContainer(), ServerCertificateCustomValidationCallback = (_, certificate, _, _) => IsItsOwn(certificate) }) { BaseAddress = Address, DefaultRequestHeaders = { { "Sec-Fetch-Site", "same-origin" } } };

    /// <summary>A client at another address of loopback.</summary>
    public HttpClient From(IPAddress source) => new(new SocketsHttpHandler
    {
        SslOptions = { RemoteCertificateValidationCallback = (_, certificate, _, _) => IsItsOwn(certificate) },
        ConnectCallback = async (context, cancel) =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(source, 0));
            await socket.ConnectAsync(IPAddress.Loopback, context.DnsEndPoint.Port, cancel);
            return new NetworkStream(socket, ownsSocket: true);
        },
    })
    { BaseAddress = Address };

    public async ValueTask InitializeAsync()
    {
        await Host.InitializeAsync();
        using (var key = RSA.Create(2048))
        {
            var certificate = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
            _certificate = certificate.GetCertHashString(HashAlgorithmName.SHA256);
            File.WriteAllText(Path.Combine(_folder, "key.pem"), key.ExportPkcs8PrivateKeyPem());
            File.WriteAllText(Path.Combine(_folder, "cert.pem"), certificate.ExportCertificatePem());
        }
        // A port that was free a moment ago may be taken: then the next.
        for (int attempt = 0; ; attempt++)
        {
            int port = FreePort();
            File.WriteAllText(Path.Combine(_folder, "nginx.conf"), Configuration(port));
            _nginx = Process.Start(new ProcessStartInfo("/usr/sbin/nginx", ["-p", _folder, "-c", "nginx.conf", "-e", "error.log", "-g", "daemon off;"]) { RedirectStandardError = true })!;
            Address = new Uri($"https://localhost:{port}/wobble/");
            if (await AnswersAsync()) return;
            Assert.True(attempt < 3, await _nginx.StandardError.ReadToEndAsync() + File.ReadAllText(Path.Combine(_folder, "error.log")));
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_nginx is { HasExited: false })
        {
            using var quit = Process.Start("/bin/kill", ["-s", "QUIT", $"{_nginx.Id}"]);
            await _nginx.WaitForExitAsync();
        }
        _nginx?.Dispose();
        await Host.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    // The server block is the one of docs/behind-a-proxy.md.
    private string Configuration(int port)
    {
        string guide = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "behind-a-proxy.md"));
        string server = System.Text.RegularExpressions.Regex.Match(guide, "^```nginx\n(.*?)^```$", System.Text.RegularExpressions.RegexOptions.Multiline | System.Text.RegularExpressions.RegexOptions.Singleline).Groups[1].Value
            .Replace("listen 443 ssl;", $"listen 127.0.0.1:{port} ssl;", StringComparison.Ordinal)
            .Replace("server_name wobble.example.org;", "server_name localhost;", StringComparison.Ordinal)
            .Replace("/etc/ssl/wobble.pem", Path.Combine(_folder, "cert.pem"), StringComparison.Ordinal)
            .Replace("/etc/ssl/wobble.key", Path.Combine(_folder, "key.pem"), StringComparison.Ordinal)
            .Replace("http://127.0.0.1:5080", Host.Address.GetLeftPart(UriPartial.Authority), StringComparison.Ordinal);
        return $$"""
            {{(Environment.IsPrivilegedProcess ? "user root;" : "")}}
            worker_processes 1;
            pid {{_folder}}/nginx.pid;
            events { worker_connections 256; }
            http {
              access_log off;
              client_body_temp_path {{_folder}}/body; proxy_temp_path {{_folder}}/proxy; fastcgi_temp_path {{_folder}}/f; uwsgi_temp_path {{_folder}}/u; scgi_temp_path {{_folder}}/s;
              {{server}}
            }
            """;
    }

    private async Task<bool> AnswersAsync()
    {
        using var client = Client();
        await Poll.UntilAsync("nginx to answer", async () =>
        {
            try
            {
                return _nginx!.HasExited || (await client.GetAsync("healthz")).IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        }, TimeSpan.FromSeconds(20));
        return !_nginx!.HasExited;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
