using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Wobble.Bench.Load;

/// <summary>nginx with one worker on core 0 that answers 50 bytes to everything, on a free port.</summary>
internal sealed class Nginx : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("wobble-bench-");
    private readonly Process process;

    public Nginx()
    {
        Port = FreePort();
        string root = folder.FullName;
        string temporary = string.Concat(((string[])["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]).Select(n => $"{n}_temp_path {root}/{n}; "));
        string file = Path.Combine(root, "nginx.conf");
        File.WriteAllText(file, $$"""
            daemon off; worker_processes 1; pid {{root}}/pid; error_log {{root}}/error.log warn;
            events { worker_connections 15000; }
            http {
              access_log off; keepalive_requests 2000000000; keepalive_timeout 1h; {{temporary}}
              server { listen 127.0.0.1:{{Port}} backlog=16384; location / { default_type text/plain; return 200 "{{new string('x', 50)}}"; } }
            }
            """);
        process = Process.Start(new ProcessStartInfo("taskset", ["-c", "0", "nginx", "-c", file, "-e", $"{root}/error.log"]))!;
        WaitUntilItAnswers();
    }

    public int Port { get; }
    public string Url => $"http://127.0.0.1:{Port}/";

    private void WaitUntilItAnswers()
    {
        for (long until = Environment.TickCount64 + 10_000; ; Thread.Sleep(20))
        {
            if (process.HasExited) throw new InvalidOperationException($"nginx ended: {File.ReadAllText(Path.Combine(folder.FullName, "error.log"))}");
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Connect(IPAddress.Loopback, Port);
                return;
            }
            catch (SocketException) when (Environment.TickCount64 < until)
            {
                // Not yet.
            }
        }
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    public void Dispose()
    {
        if (!process.HasExited) process.Kill(entireProcessTree: true);
        process.WaitForExit();
        process.Dispose();
        folder.Delete(recursive: true);
    }
}
