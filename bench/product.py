"""What benches of the whole product share: a Wobble of their own, asked by its API and read in /proc, and a table that marks what missed its limit."""
import atexit, collections, json, os, secrets, signal, socket, statistics, subprocess, sys, threading, time, urllib.error, urllib.request

FINAL = ("completed", "failed", "cancelled", "interrupted")
direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Wobble:
    """From its start to its end. The command is ./run, or the published Runner with `up`."""

    def __init__(self, command, data):
        self.token = secrets.token_hex(16)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.url = f"http://127.0.0.1:{free.getsockname()[1]}"
        self.started = time.time()
        self.process = subprocess.Popen([*command, "--data", data, "--urls", self.url], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**os.environ, "WOBBLE_TOKEN": self.token})
        atexit.register(self.end)
        self.link, said = None, collections.deque(maxlen=20)
        for line in self.process.stdout:
            said.append(line)
            if "/sign-in?token=" in line:
                self.link = line.strip()
            if "Ctrl-C ends it." in line:
                break
        else:
            sys.exit("Wobble ended before it was up:\n" + "".join(said))
        threading.Thread(target=lambda: [None for _ in self.process.stdout], daemon=True).start()
        direct.open(f"{self.url}/healthz").read()
        self.up_after = time.time() - self.started

    def pid(self, name):
        """The child whose program has that name."""
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/stat") as file:
                    parent = int(file.read().rsplit(")", 1)[1].split()[1])
                with open(f"/proc/{pid}/cmdline") as file:
                    program = file.read().split("\0")[0]
            except OSError:
                continue
            if parent == self.process.pid and program.endswith("/" + name):
                return int(pid)
        sys.exit(f"no {name}")

    def api(self, path, body=None):
        """Asks again when it is told to come later: before the Runner has joined, and after too many questions."""
        request = urllib.request.Request(self.url + path, json.dumps(body).encode() if body else None, {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"})
        patience = time.monotonic() + 120
        while True:
            try:
                with direct.open(request) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as e:
                if e.code not in (429, 503) or time.monotonic() > patience:
                    sys.exit(f"{path}: {e.code} {e.read().decode(errors='replace')}")
                time.sleep(float(e.headers.get("Retry-After") or 1))

    def queue(self, run):
        return self.api("/api/runs", run)["slug"]

    def until(self, slug, *states, every=0.5):
        """The run as soon as it is in one of the states."""
        while (run := self.api(f"/api/runs/{slug}"))["state"] not in states:
            if run["state"] in FINAL:
                sys.exit(f"a run is {run['state']}, not {' or '.join(states)}: {run.get('failure')}")
            time.sleep(every)
        return run

    def end(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(60)


def memory(pid, which="VmRSS"):
    """MB; VmHWM is the most that it ever was."""
    with open(f"/proc/{pid}/status") as status:
        return int(next(line for line in status if line.startswith(which)).split()[1]) / 1024


def cpu(pid):
    """Seconds of CPU so far."""
    with open(f"/proc/{pid}/stat") as file:
        stat = file.read().rsplit(")", 1)[1].split()
    return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")


class Table:
    def __init__(self):
        self.missed = 0
        print(f"{'':58} {'median':>8} {'worst':>8}     at most", flush=True)

    def row(self, what, values, unit, limit=None, digits=2):
        worst = max(values)
        good = limit is None or worst <= limit
        self.missed += not good
        line = f"{what:58} {statistics.median(values):8.{digits}f} {worst:8.{digits}f} {unit:3} {'' if limit is None else f'{limit:6g}'}  {'' if good else 'MISSED'}"
        print(line.rstrip(), flush=True)

    def note(self, text):
        print(f"{'':10}{text}", flush=True)
