"""A WSGI app that answers as it should, and once, when it is loaded, tries what it shouldn't. Each try is a line of JSON on its output."""
import ctypes
import json
import os
import socket
import threading
import time
from urllib.parse import parse_qs

import bench
from bench import sync

HERE = os.path.dirname(os.path.abspath(__file__))
AIMS = json.load(open(os.path.join(HERE, "aims.json")))
libc = ctypes.CDLL(None, use_errno=True)


def tried(what, won, got):
    print("HOSTILE " + json.dumps({"what": what, "won": bool(won), "got": str(got)[:200]}), flush=True)


def attempt(what, do):
    """do() returns what it got, which counts as won; an OSError, or None, is a try that failed."""
    try:
        got = do()
        tried(what, got is not None, "nothing" if got is None else got)
    except OSError as e:
        tried(what, False, e.strerror or e)


def read(path):
    with open(path, "rb") as f:
        return f.read(64)


def connect(family, address):
    with socket.socket(family, socket.SOCK_STREAM) as s:
        s.settimeout(2)
        s.connect(address)
        return "connected"


def checked(result):
    if result == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def write(path):
    with open(path, "w") as f:
        f.write("hostile")
    return "written"


def swap(path, make):
    """Puts something else where Wobble looks, as root, before and after each run."""
    if os.path.lexists(path):
        os.remove(path)
    make(path)


def pids():
    return sorted(int(p) for p in os.listdir("/proc") if p.isdigit())


def command(pid):
    try:
        return open(f"/proc/{pid}/cmdline").read().replace("\0", " ")
    except OSError:
        return ""


def ours():
    """Wobble's own processes in here: the Execution and the load generator."""
    return [p for p in pids() if "execute --inside" in command(p) and "bwrap" not in command(p) or command(p).rstrip().endswith("generate")]


def forge(pid, fd):
    sample = {"fact": "event", "component": "wobble", "kind": "warning", "text": "forged", "at": "2026-01-01T00:00:00Z"}
    end = {"fact": "end", "state": "completed", "reason": "forged", "at": "2026-01-01T00:00:00Z"}
    target = os.open(f"/proc/{pid}/fd/{fd}", os.O_WRONLY | os.O_NONBLOCK)
    try:
        os.write(target, ("\n" + json.dumps(sample) + "\n" + json.dumps(end) + "\n").encode())
    finally:
        os.close(target)
    return "written"


def write_text(path, text):
    with open(path, "w") as f:
        f.write(text)
    return "written"


def reserve(path, size):
    with open(path, "wb") as f:
        try:
            os.posix_fallocate(f.fileno(), 0, size)
        finally:
            os.remove(path)
    return "reserved"


def start_threads(most):
    """As many threads as it gets, in a process of its own; processes count alike."""
    pipe = os.pipe()
    pid = os.fork()
    if pid == 0:
        threading.stack_size(1 << 16)
        end = threading.Event()
        started = 0
        try:
            while started < most:
                threading.Thread(target=end.wait, daemon=True).start()
                started += 1
        except RuntimeError:
            pass
        os.write(pipe[1], str(started).encode())
        os._exit(0)
    os.close(pipe[1])
    started = int(os.read(pipe[0], 16))
    os.waitpid(pid, 0)
    tried(f"start {most} threads", started == most, f"{started} started, then no more")


def attack():
    for path in AIMS["files"]:
        attempt(f"read {path}", lambda: read(path))
    for path in AIMS["folders"]:
        # Its own run is in /run/wobble.
        attempt(f"list {path}", lambda: [n for n in os.listdir(path) if n != "wobble"] or None)
    for pid in pids():
        attempt(f"find a token in the environment of process {pid}", lambda: b"TOKEN" in open(f"/proc/{pid}/environ", "rb").read() or None)
    for path in AIMS["sockets"]:
        attempt(f"connect to {path}", lambda: connect(socket.AF_UNIX, path))
    for port in AIMS["ports"]:
        attempt(f"connect to the machine's port {port}", lambda: connect(socket.AF_INET, ("127.0.0.1", port)))
    attempt("connect to the Internet", lambda: connect(socket.AF_INET, ("1.1.1.1", 53)))
    attempt("connect by IPv6", lambda: connect(socket.AF_INET6, ("2606:4700:4700::1111", 53)))
    attempt("see another network interface", lambda: [n for _, n in socket.if_nameindex() if n != "lo"] or None)
    attempt("see processes of the machine", lambda: [p for p in pids() if p > 5000 and p == AIMS["pid"]] or None)
    attempt("signal a process of the machine", lambda: os.kill(AIMS["pid"], 0) or "may be signalled")
    for path in ("/usr/hostile", "/etc/hostile", "/opt/wobble/Runner.dll", os.path.join(HERE, "app.py"), "/hostile"):
        attempt(f"write {path}", lambda: write(path))
    # Its own: what is checked is that nobody else sees it.
    write("/tmp/wobble-hostile-was-here")
    # Its own, too: what is checked is that nobody outside follows the link, or waits at the pipe.
    swap("/cluster/lock", lambda path: os.symlink(AIMS["never"], path))
    swap("/cluster/seeded.json", os.mkfifo)
    tried("put a link and a pipe into the benchmark's folder", False, "done")
    attempt("become root", lambda: checked(libc.setuid(0)) or "root")
    attempt("mount", lambda: checked(libc.mount(b"none", b"/tmp", b"tmpfs", 0, None)) or "mounted")
    attempt("read the kernel's log", lambda: checked(libc.klogctl(3, ctypes.create_string_buffer(64), 64)))
    attempt("change the clock", lambda: time.clock_settime(time.CLOCK_REALTIME, 0) or "changed")
    tried("be the last that the kernel ends when memory is out", int(read("/proc/self/oom_score_adj")) < 1000, read("/proc/self/oom_score_adj"))
    attempt("hide from the kernel's choice when memory is out", lambda: write_text("/proc/self/oom_score_adj", "-1"))
    for folder in ("/tmp", "/var/tmp", "/dev/shm"):
        attempt(f"keep 2 GB of memory as a file in {folder}", lambda: reserve(os.path.join(folder, "huge"), 2 << 30))
    attempt("make a file in /dev", lambda: write("/dev/hostile"))
    attempt("reboot", lambda: checked(libc.reboot(0x01234567)) or "rebooting")

    start_threads(10_000)

    # The load generator and the Execution are there by now.
    for _ in range(200):
        if len(ours()) >= 2:
            break
        time.sleep(0.02)
    tried("find Wobble's own processes in the sandbox", len(ours()) < 2, f"{len(ours())} found")
    for pid in ours():
        who = "the generator" if command(pid).rstrip().endswith("generate") else "the Execution"
        attempt(f"read the memory of {who}", lambda: read(f"/proc/{pid}/mem"))
        attempt(f"read the environment of {who}", lambda: read(f"/proc/{pid}/environ"))
        attempt(f"trace {who}", lambda: checked(libc.ptrace(16, pid, 0, 0)) or "attached")
        for fd in (0, 1, 2):
            attempt(f"write facts into {who}'s file {fd}", lambda: forge(pid, fd))
    # The pipe of facts is held by bubblewrap's first process, too: there the seal is what keeps a forged line from counting.
    for fd in (1, 2):
        try:
            forge(1, fd)
            tried(f"write facts into the sandbox's first process's file {fd}", False, "written; without the seal it counts for nothing")
        except OSError as e:
            tried(f"write facts into the sandbox's first process's file {fd}", False, e.strerror)


threading.Thread(target=attack, daemon=True).start()


def app(environ, start_response):
    query = parse_qs(environ.get("QUERY_STRING", ""))
    value = lambda name: query.get(name, [None])[0]
    path = environ["PATH_INFO"]
    if path == "/row":
        a, b = sync.row(bench.key_of(value("key")))
        answer = {"a": a, "b": b}
    elif path == "/slow":
        answer = {"ms": sync.slow(bench.milliseconds_of(value("ms")))}
    else:
        answer = {"ms": bench.burn(bench.milliseconds_of(value("ms")))}
    body = json.dumps(answer).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body))), (bench.NONCE_HEADER, bench.NONCE)])
    return [body]
