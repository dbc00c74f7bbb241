"""Starts a Wobble of its own and lets many come at once: viewers, people who click, a flood of reads, a long queue. Started by bench/viewers."""
import collections, http.client, json, math, statistics, subprocess, sys, time
from product import Table, Wobble, cpu, memory
from viewer import Crowd

data, app = sys.argv[1:3]
RUN = {"target": "uwsgi-http/bottle", "workers": 2, "warmup": "0s", "for": "2s"}
# Far from what the machine can do, and longer than all of this.
LONG = {**RUN, "rate": 50, "warmup": "1s", "for": "30m"}
SECONDS = 20
MOST = 800

wobble = Wobble([f"{app}/Runner/Runner", "up"], data)
dashboard = wobble.pid("Dashboard")
ended = [wobble.until(wobble.queue(RUN), "completed")["slug"] for _ in range(2)]
live = wobble.queue(LONG)
wobble.until(live, "measuring")
time.sleep(5)
table = Table()


def over(seconds):
    """CPU of the Dashboard in % of a core, and its memory, over that time."""
    before, began, sizes = cpu(dashboard), time.monotonic(), []
    while (left := began + seconds - time.monotonic()) > 0:
        sizes.append(memory(dashboard))
        time.sleep(min(1, left))
    used = 100 * (cpu(dashboard) - before) / (time.monotonic() - began)
    wobble.until(live, "measuring")
    return used, sizes


def watched(count, most_cpu=None):
    crowd = Crowd("watch", wobble.url, count, f"/r/{live}")
    time.sleep(3)
    crowd.told()
    # The more pages are open, the less often each moves (RunFeed.Interval): twice that long is standing still.
    patience = max(3, 2 * 0.08 * count)
    length = max(SECONDS, math.ceil(patience))
    used, sizes = over(length)
    now, seen = time.time(), crowd.told()
    crowd.end()
    table.row(f"{count} viewers of a live run: CPU of the Dashboard", [used], "%", most_cpu, 1)
    table.row(f"{count} viewers: Dashboard, resident", sizes, "MB", MOST, 0)
    # One that stands still costs nothing, and would make the figures above too good.
    table.row(f"{count} viewers: pages that stand still", [sum(v["error"] is not None or not v["times"] or now - v["times"][-1] > patience for v in seen)], "", 0, 0)
    batches = [len(v["times"]) / length for v in seen]
    table.note(f"a viewer gets {statistics.median(batches):.2f} batches a second ({min(batches):.2f} to {max(batches):.2f}), {sum(v['bytes'] for v in seen) / length / count / 1000:.0f} kB a second before compression; all had opened after {crowd.took:.1f} s")
    for error in sorted({v["error"] for v in seen if v["error"]}):
        table.note(error)


def ask(path, source, headers=None):
    """Status, Retry-After and ms of one answer, on a connection of its own from that address."""
    began = time.monotonic()
    connection = http.client.HTTPConnection(wobble.url.removeprefix("http://"), timeout=60, source_address=(source, 0))
    connection.request("GET", path, headers=headers or {})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status, answer.getheader("Retry-After"), 1000 * (time.monotonic() - began)


alone, sizes = over(SECONDS)
table.row("nobody looks: CPU of the Dashboard beside the live run", [alone], "%", digits=1)
table.row("nobody looks: Dashboard, resident", sizes, "MB", MOST, 0)
watched(50, most_cpu=20)
watched(200)

clicking = Crowd("ask", wobble.url, 50, f"/r/{live}", f"/r/{ended[0]}", "/targets", f"/r/{ended[1]}", f"/compare?r={ended[0]}&r={ended[1]}", "/")
time.sleep(1)
clicking.told()
_, sizes = over(10)
seen = clicking.told()
clicking.end()
statuses = collections.Counter(s for person in seen for s in person["statuses"])
table.row("50 people click each second: until a page is there", [ms for person in seen for ms in person["ms"]], "ms", digits=0)
table.row("50 people click: answers that were not 200", [statuses.total() - statuses["200"]], "", 0, 0)
table.row("50 people click: Dashboard, resident", sizes, "MB", MOST, 0)
table.note(f"{statuses.total()} pages in 10 s: {', '.join(f'{n} × {s}' for s, n in sorted(statuses.items()))}")


def flood(*load):
    """Loads one address's reads; the result, and meanwhile another address's pages, reads of the same address, and the memory."""
    generator = subprocess.Popen([f"{app}/Runner/Runner", "load", f"{wobble.url}/api/runs/{live}", *load, "--keep-alive", "--priority", "normal", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    pages, reads, sizes = [], [], []
    while generator.poll() is None:
        pages.append(ask(f"/r/{live}", "127.0.0.2"))
        reads.append(ask(f"/api/runs/{live}", "127.0.0.1"))
        sizes.append(memory(dashboard))
        time.sleep(0.2)
    output, said = generator.communicate()
    result = json.loads(output) if output.strip() else {}
    if "errors" not in result:
        sys.exit(f"wobble load: {said}")
    table.row(f"{load[1]} {load[0][2:]}, 1 address: a page of another meanwhile", [ms for _, _, ms in pages], "ms", digits=0)
    table.row("  such pages that were not 200", [sum(s != 200 for s, _, _ in pages)], "", 0, 0)
    table.row("  Dashboard, resident", sizes, "MB", MOST, 0)
    return result, reads


# An address may ask 1,000 times at once, then 200 times a second. The first are served, however long that takes: only then is there a flood to be refused.
flood("--connections", "64", "--warmup", "0s", "--for", "20s")
result, reads = flood("--rate", "10000", "--warmup", "3s", "--for", "10s", "--connections", "256")
errors, sent = result["errors"], result["generator"].get("sent_of_offered")
refused, looked = errors.pop("status_4xx", 0), [later for status, later, _ in reads if status == 429]
table.row("10,000 API reads a second: not sent", [100 * (1 - (sent or 0))], "%", 1)
table.row("10,000 reads: neither 200 nor refused", [sum(errors.values()) + sum(s not in (200, 429) for s, _, _ in reads)], "", 0, 0)
table.row("10,000 reads: served, a second", [result["throughput"]], "", 220, 0)
table.row("10,000 reads: no refusal was looked at", [int(not looked)], "", 0, 0)
table.row("10,000 reads: refusals that don't say when to come again", [sum(not later for later in looked)], "", 0, 0)
table.note(f"in 10 s {result['requests']:,} × 200, {refused:,} × 429{''.join(f', {n:,} × {kind}' for kind, n in errors.items())}; {len(looked)} refusals looked at")
# Until the address that asked may ask again.
time.sleep(6)

began = time.monotonic()
for _ in range(1000):
    wobble.queue(RUN)
took, total = time.monotonic() - began, wobble.api("/api/runs?state=queued&size=1")["total"]
wobble.until(live, "measuring")
sizes = [memory(dashboard)]
for what, path in (("GET /api/runs", "/api/runs"), ("GET /api/runs, 200 queued ones", "/api/runs?state=queued&size=200"), ("Home", "/"), ("All runs", "/runs")):
    answers = [ask(path, "127.0.0.1", {"Authorization": f"Bearer {wobble.token}"}) for _ in range(10)]
    if any(status != 200 for status, _, _ in answers):
        sys.exit(f"{path}: {[status for status, _, _ in answers]}")
    table.row(f"1,000 runs queued: {what}", [ms for _, _, ms in answers], "ms", digits=0)
    sizes.append(memory(dashboard))
table.row("1,000 runs queued: Dashboard, resident", sizes, "MB", MOST, 0)
table.note(f"queued in {took:.0f} s by one client, {1000 / took:.0f} a second; {total:,} of them listed as queued")
table.row("Dashboard at its largest, from its start on", [memory(dashboard, "VmHWM")], "MB", MOST, 0)
wobble.end()
sys.exit(1 if table.missed else 0)
