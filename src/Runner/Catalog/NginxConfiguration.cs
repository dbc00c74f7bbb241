using System.Globalization;

namespace Wobble.Runner.Catalog;

internal sealed record NginxSettings
{
    public required string RunFolder { get; init; }
    public required int Port { get; init; }
    /// <summary>Ports of the target's processes.</summary>
    public required IReadOnlyList<int> Upstreams { get; init; }
    /// <summary><c>http</c> or <c>uwsgi</c>.</summary>
    public required string Protocol { get; init; }
    /// <summary>The most connections the load opens.</summary>
    public required int Connections { get; init; }
    /// <summary>Whether connections to the target are kept.</summary>
    public required bool KeepAlive { get; init; }
}

/// <summary>
/// nginx.conf, as in the article: one upstream, HTTP/1.0 to it and no kept connections unless asked for. What differs from Debian's own file: no access
/// log, room for every connection, and with several upstreams no hiding of one that fails (nginx would pass its requests to another, and then leave it
/// out for 10 s).
/// </summary>
internal static class NginxConfiguration
{
    public const string File = "nginx.conf";
    /// <summary>Connections that may wait to be accepted; the kernel cuts it to net.core.somaxconn (nginx's own is 511).</summary>
    private const int Backlog = 4096;
    private const int KeptConnections = 256;

    private static readonly string[] UwsgiParameters =
    [
        "QUERY_STRING $query_string", "REQUEST_METHOD $request_method", "CONTENT_TYPE $content_type", "CONTENT_LENGTH $content_length", "REQUEST_URI $request_uri",
        "PATH_INFO $document_uri", "DOCUMENT_ROOT $document_root", "SERVER_PROTOCOL $server_protocol", "REQUEST_SCHEME $scheme", "REMOTE_ADDR $remote_addr",
        "REMOTE_PORT $remote_port", "SERVER_PORT $server_port", "SERVER_NAME $server_name",
    ];

    public static string Of(NginxSettings settings)
    {
        // Each request holds two: the client's and the upstream's.
        int connections = Math.Max(1024, 2 * settings.Connections + 256);
        // Without a sandbox it is below the data folder, whose path may have a blank.
        string folder = settings.RunFolder.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);
        return string.Create(CultureInfo.InvariantCulture, $$"""
            daemon off;
            worker_processes auto;
            worker_rlimit_nofile {{2 * connections}};
            pid "{{folder}}/nginx.pid";
            error_log stderr warn;

            events {
                worker_connections {{connections}};
            }

            http {
                access_log off;
                sendfile on;
                tcp_nopush on;
                default_type application/octet-stream;
                keepalive_timeout 65s;
                keepalive_requests 1000000000;
                client_body_temp_path "{{folder}}/nginx-body";
                proxy_temp_path "{{folder}}/nginx-proxy";
                uwsgi_temp_path "{{folder}}/nginx-uwsgi";
                fastcgi_temp_path "{{folder}}/nginx-fastcgi";
                scgi_temp_path "{{folder}}/nginx-scgi";

                upstream target {
            {{Upstreams(settings)}}
                }

                server {
                    listen 127.0.0.1:{{settings.Port}} backlog={{Backlog}};
                    server_name _;

                    location / {
            {{Location(settings)}}
                    }
                }
            }

            """);
    }

    private static string Upstreams(NginxSettings settings)
    {
        var lines = settings.Upstreams.Select(port => string.Create(CultureInfo.InvariantCulture, $"server 127.0.0.1:{port} max_fails=0;"));
        return Lines(8, settings.KeepAlive ? lines.Append(string.Create(CultureInfo.InvariantCulture, $"keepalive {KeptConnections};")).Append("keepalive_requests 1000000000;") : lines);
    }

    private static string Location(NginxSettings settings)
    {
        if (settings.Protocol == "uwsgi")
            return Lines(12, ["uwsgi_pass target;", "uwsgi_next_upstream off;", "uwsgi_read_timeout 120s;", .. UwsgiParameters.Select(p => $"uwsgi_param {p};")]);
        string[] connection = settings.KeepAlive ? ["proxy_http_version 1.1;", "proxy_set_header Connection \"\";"] : ["proxy_http_version 1.0;"];
        return Lines(12, ["proxy_pass http://target;", .. connection, "proxy_next_upstream off;", "proxy_read_timeout 120s;"]);
    }

    private static string Lines(int indent, IEnumerable<string> lines) => string.Join('\n', lines.Select(line => new string(' ', indent) + line));
}
