"""Runs targets one after the other by `wobble run --json` and prints a table. Started by bench/targets."""
import json, os, re, subprocess, sys, tempfile, threading, time

runner, data = sys.argv[1:3]
wanted = sys.argv[3] if len(sys.argv) > 3 else ""
# p50, p99 in ms and requests a second, seen on a machine with two cores by ab -c 100 with transaction pooling.
SEEN = {
    "uwsgi-http/bottle": (19, 26, 5140), "uwsgi-http/falcon": (21, 26, 4840), "uwsgi-uwsgi/bottle": (18, 27, 5358), "uwsgi-http/flask": (25, 35, 3820), "gunicorn/flask": (35, 48, 2767),
    "uvicorn/starlette": (17, 82, 4446), "aiohttp/aiohttp": (19, 83, 4099), "gunicorn-gevent/flask": (39, 85, 2294), "daphne/starlette": (22, 193, 2531),
}


def processes():
    """Start time, parent and name of each process."""
    found = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat") as file:
                stat = file.read()
        except OSError:
            continue
        rest = stat[stat.rindex(")") + 2:].split()
        if rest[0] not in "ZX":
            found[int(pid)] = (rest[19], int(rest[1]), stat[stat.index("(") + 1:stat.rindex(")")])
    return found


def watch(root, seen, over):
    """Notes every process below one, until it is over."""
    while not over.wait(0.1):
        now, tree = processes(), {root}
        while True:
            more = {pid for pid, (_, parent, _) in now.items() if parent in tree} - tree
            if not more:
                break
            tree |= more
        seen.update((pid, now[pid][0], now[pid][2]) for pid in tree & now.keys())


def shown(ms):
    """A percentile that the data can't show is null."""
    return f"{ms:8.1f}" if ms is not None else f"{'–':>8}"


def run(target, extra):
    command = [runner, "run", target, "--json", "--data", data, *extra]
    with tempfile.TemporaryFile("w+") as errors:
        started = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
        seen, over = set(), threading.Event()
        watcher = threading.Thread(target=watch, args=(started.pid, seen, over))
        watcher.start()
        output = started.communicate()[0]
        over.set()
        watcher.join()
        errors.seek(0)
        said = errors.read()
    left = [f"{name} ({pid})" for pid, start, name in seen if processes().get(pid, ("",))[0] == start]
    # Of a run of which nothing was measured there are only state and failure.
    result = json.loads(output) if output.strip() else {}
    return started.returncode, result if "latency_ms" in result else None, left, said


listed = json.loads(subprocess.run([runner, "targets", "--json", "--data", data], stdout=subprocess.PIPE, text=True, check=True).stdout)["targets"]
names = sorted(t["name"] for t in listed if not t.get("unavailable") and not t.get("note"))
extra = ["--for", "5s", "--warmup", "1s"]
if wanted == "--article":
    names, extra = [n for n in SEEN if n in names], ["--for", "10s", "--warmup", "2s", "--connections", "100", "--no-keep-alive"]
elif wanted:
    names = [n for n in names if re.search(wanted, n)]
print(f"{'target':32} {'exit':>4} {'requests/s':>10} {'p50 ms':>8} {'p99 ms':>8} {'errors':>7} {'left':>5}  trust" + ("   seen: p50, p99, requests/s" if wanted == "--article" else ""))
bad = 0
for name in names:
    code, result, left, said = run(name, extra)
    errors = sum((result or {}).get("errors", {}).values())
    if result is None or code not in (0, 4) or errors or left:
        bad += 1
    if result is None:
        print(f"{name:32} {code:4} {said.strip().splitlines()[-1] if said.strip() else ''}", flush=True)
        continue
    ms = result["latency_ms"]
    seen = "   {}, {}, {:,}".format(*SEEN[name]) if wanted == "--article" else ""
    print(f"{name:32} {code:4} {result['throughput']:10,.0f} {shown(ms['p50'])} {shown(ms['p99'])} {errors:7} {len(left):5}  {result['trust']['verdict']}{seen}", flush=True)
    if left:
        print(f"{'':32} left: {', '.join(left)}", flush=True)
print(f"{len(names)} targets, {len(names) - bad} completed without errors and left nothing")
sys.exit(1 if bad else 0)
