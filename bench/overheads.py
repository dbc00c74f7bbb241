"""Starts Wobble by ./run, drives it by its API and by Chromium's own protocol, and prints a table. Started by bench/overheads."""
import json, os, shutil, subprocess, sys, tempfile, threading, time
from product import Table, Wobble, memory

data, runs = sys.argv[1], int(sys.argv[2])
RUN = {"target": "uwsgi-http/bottle", "workers": 8, "connections": 100, "warmup": "0s", "for": "3s"}


def phases(slug):
    """When the measurement began and ended by the run's own facts, in seconds since 1970."""
    password = open(f"{data}/database/password").read().strip()
    query = f"select extract(epoch from measuring_at), extract(epoch from finishing_at) from runs where slug = '{slug}'"
    psql = next(f"/usr/lib/postgresql/{v}/bin/psql" for v in sorted(os.listdir("/usr/lib/postgresql"), reverse=True) if os.path.exists(f"/usr/lib/postgresql/{v}/bin/psql"))
    out = subprocess.run([psql, "-h", f"{data}/database/socket", "-U", "wobble", "-d", "wobble", "-AtF", "\t", "-c", query], env={"PGPASSWORD": password}, stdout=subprocess.PIPE, text=True, check=True).stdout
    return [float(at) for at in out.strip().split("\t")]


class Chromium:
    """Debian's Chromium by the protocol of its developer tools, over a pipe."""

    def __init__(self):
        self.profile = tempfile.mkdtemp(prefix="wobble-overheads-")
        to_read, self.to = os.pipe()
        self.back, to_write = os.pipe()
        def prepare():
            os.dup2(to_read, 3)
            os.dup2(to_write, 4)
        self.process = subprocess.Popen(["/usr/bin/chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update", "--no-first-run",
            f"--user-data-dir={self.profile}", "--remote-debugging-pipe", "about:blank"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, pass_fds=(3, 4), preexec_fn=prepare)
        self.ids, self.answers, self.events, self.gate = 0, {}, [], threading.Condition()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        rest = b""
        while more := os.read(self.back, 1 << 16):
            *whole, rest = (rest + more).split(b"\0")
            for message in map(json.loads, whole):
                with self.gate:
                    if "id" in message:
                        self.answers[message["id"]] = message
                    else:
                        self.events.append(message)
                    self.gate.notify_all()

    def call(self, method, session=None, **parameters):
        with self.gate:
            self.ids += 1
            mine = self.ids
        message = {"id": mine, "method": method, "params": parameters, **({"sessionId": session} if session else {})}
        os.write(self.to, json.dumps(message).encode() + b"\0")
        with self.gate:
            if not self.gate.wait_for(lambda: mine in self.answers, 60):
                sys.exit(f"Chromium does not answer {method}")
            answer = self.answers.pop(mine)
        if "error" in answer:
            sys.exit(f"{method}: {answer['error']}")
        return answer["result"]

    def page(self, context=None):
        target = self.call("Target.createTarget", url="about:blank", **({"browserContextId": context} if context else {}))["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime"):
            self.call(f"{domain}.enable", session)
        return session

    def go(self, session, address, still=2.0):
        """Goes there, and waits until nothing was loaded for a while."""
        with self.gate:
            self.events = [e for e in self.events if e.get("sessionId") != session]
        self.call("Page.navigate", session, url=address)
        last, known = time.time(), -1
        while time.time() - last < still:
            time.sleep(0.05)
            now = len(self.of(session, "Network.loadingFinished", "Network.requestWillBeSent"))
            if now != known:
                last, known = time.time(), now

    def of(self, session, *methods):
        with self.gate:
            return [e["params"] for e in self.events if e.get("sessionId") == session and e["method"] in methods]

    def evaluate(self, session, script):
        return self.call("Runtime.evaluate", session, expression=script, returnByValue=True)["result"].get("value")

    def end(self):
        self.process.terminate()
        self.process.wait(20)
        shutil.rmtree(self.profile, ignore_errors=True)


def until_final(slug):
    """Asks closely only when the end is near: a hundred questions a second would take a third of a core from what is measured."""
    asked = False
    while (run := api(f"/api/runs/{slug}"))["state"] not in ("completed", "failed", "cancelled", "interrupted"):
        if run["state"] == "measuring" and not asked:
            asked = True
            time.sleep(2.5)
        time.sleep(0.02 if asked else 0.2)
    return run, time.time()


def own_ticks():
    """CPU of Wobble's own processes, by name: the Dashboard, the Runner and its launchers, and the one in the sandbox that watches the stack. Its PostgreSQL is not in it."""
    found = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline") as file:
                command = file.read()
            with open(f"/proc/{pid}/stat") as file:
                stat = file.read().rsplit(")", 1)[1].split()
        except OSError:
            continue
        name = "execution" if "execute\0--inside" in command else "Dashboard" if command.startswith(f"{data}/app/") and "/Dashboard\0" in command else "Runner" if command.startswith(f"{data}/app/") else None
        if name:
            found[name] = found.get(name, 0) + int(stat[11]) + int(stat[12])
    return found


wobble = Wobble(["./run"], data)
api, url, first_up = wobble.api, wobble.url, wobble.up_after
table = Table()
row = table.row
for _ in range(2):
    until_final(api("/api/runs", RUN)["slug"])

slug = api("/api/runs", {**RUN, "warmup": "1s", "for": "8s"})["slug"]
while (state := api(f"/api/runs/{slug}")["state"]) != "measuring":
    if state not in ("queued", "preparing", "warming"):
        sys.exit(f"a run is {state} before it measured")
    time.sleep(0.2)
before, began = own_ticks(), time.time()
time.sleep(6)
after, each = own_ticks(), os.sysconf("SC_CLK_TCK") * (time.time() - began) / 100
if api(f"/api/runs/{slug}")["state"] != "measuring":
    sys.exit("the run was over too early")
until_final(slug)
own = {name: (after[name] - before.get(name, 0)) / each for name in after}
print(f"{'Wobble beside the stack while it measures, no page open':58} {sum(own.values()):8.1f}          % of a core ({', '.join(f'{n} {v:.1f}' for n, v in sorted(own.items()))})", flush=True)

browser = Chromium()
page = browser.page()
browser.go(page, wobble.link)
to_load, to_clean, to_page = [], [], []
WATCH = """(() => { window.seen = []; let last = ''; new MutationObserver(() => { const s = document.querySelector('svg.strip'); const now = s ? s.outerHTML : ''; if (now !== last) { last = now; requestAnimationFrame(() => window.seen.push(performance.timeOrigin + performance.now())); } }).observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true }); })()"""
for number in range(runs):
    asked = time.time()
    slug = api("/api/runs", RUN)["slug"]
    if number >= runs - 3:
        browser.go(page, f"{url}/r/{slug}", still=0.5)
        browser.evaluate(page, WATCH)
    run, ended = until_final(slug)
    if run["state"] != "completed":
        sys.exit(f"a run ended as {run}")
    measuring, finishing = phases(slug)
    to_load.append(measuring - asked)
    to_clean.append(ended - finishing)
    if number >= runs - 3:
        time.sleep(1)
        seen = [at / 1000 for at in browser.evaluate(page, "window.seen")]
        for second in range(1, 4):
            after = [at for at in seen if at > measuring + second]
            # A second that never came is as late as can be.
            to_page.append(after[0] - measuring - second if after else 60)
row("API call to the first request of the load", to_load, "s", 3)
row("end of the load to proven clean (as the API shows it)", to_clean, "s", 1.5)
row("end of a second to its sample on the page", to_page, "s", 1)

for what, address, limit in (("first load of Home, transferred", "/", 250), ("first load of Run, transferred", f"/r/{slug}", 380)):
    context = browser.call("Target.createBrowserContext")["browserContextId"]
    fresh = browser.page(context)
    browser.call("Network.setCacheDisabled", fresh, cacheDisabled=True)
    if what.startswith("first load of Home"):
        cookies = browser.call("Network.getCookies", page, urls=[url])["cookies"]
        browser.call("Network.setCookies", fresh, cookies=[{"name": c["name"], "value": c["value"], "url": url} for c in cookies])
    browser.go(fresh, url + address)
    row(what, [sum(e["encodedDataLength"] for e in browser.of(fresh, "Network.loadingFinished")) / 1000], "kB", limit, 0)
    frames = sum(len(e["response"]["payloadData"]) for e in browser.of(fresh, "Network.webSocketFrameReceived"))
    print(f"{'':10}and by its WebSocket: {frames / 1000:.0f} kB", flush=True)

dashboard = wobble.pid("Dashboard")
open_pages = [browser.page() for _ in range(20)]
for session, address in zip(open_pages, ["/", f"/r/{slug}", "/runs", "/new", "/targets"] * 4):
    browser.go(session, url + address, still=0.7)
row("Dashboard with 20 open pages (resident)", [memory(dashboard)], "MB", 250, 0)
browser.end()
wobble.end()
again = Wobble(["./run"], data)
row("second ./run to the page", [again.up_after], "s", 10)
print(f"{'':10}(the first start of this bench, on the same build: {first_up:.1f} s)")
again.end()
sys.exit(1 if table.missed else 0)
