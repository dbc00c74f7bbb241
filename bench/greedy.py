"""Started by bench/greedy."""
import json, os, re, sys, threading, time
from product import FINAL, Wobble

data, app, targets = sys.argv[1:4]
wanted = sys.argv[4] if len(sys.argv) > 4 else ""
# What its run's failure must say (None: it may also complete, or fail by what the app did to itself), and what it does two seconds after it was loaded.
MEMORY, DISK = "the machine ran out of memory", "the disk of the run's folder ran full"
GREED = {
    "memory": (MEMORY, "if os.fork() == 0:\n        hold = []\n        while True:\n            hold.append(mmap.mmap(-1, 1 << 30, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | mmap.MAP_POPULATE))"),
    "memory, in many processes": (MEMORY, "while True:\n        if os.fork() == 0:\n            hold = b'x' * (64 << 20)\n            time.sleep(1000)"),
    "memory, as files": (None, "for path in ('/tmp/huge', '/var/tmp/huge', '/dev/shm/huge'):\n        with suppress(OSError), open(path, 'wb', 0) as file:\n            while True:\n                file.write(b'x' * (16 << 20))"),
    "processes, each of them, too": (None, "while True:\n        with suppress(OSError):\n            os.fork()"),
    "the disk of the run's folder": (DISK, "with open('/run/wobble/huge', 'wb', 0) as file:\n        while True:\n            file.write(b'x' * (16 << 20))"),
    "the disk, in the benchmark's folder": (DISK, "os.mkdir('/cluster/closed')\n    with open('/cluster/closed/huge', 'wb', 0) as file:\n        os.chmod('/cluster/closed', 0o000)\n        while True:\n            file.write(b'x' * (16 << 20))"),
}
APP = """import json, mmap, os, threading, time
from contextlib import suppress
import bench
def greedy():
    time.sleep(2)
    {greed}
threading.Thread(target=greedy, daemon=True).start()
def app(environ, start_response):
    body = json.dumps({{"ms": bench.burn(int(environ["QUERY_STRING"].partition("=")[2] or 0))}}).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body))), (bench.NONCE_HEADER, bench.NONCE)])
    return [body]
"""


def write(name, greed):
    folder = os.path.join(targets, "apps", name)
    os.makedirs(folder)
    with open(os.path.join(folder, "app.json"), "w") as file:
        json.dump({"name": name, "title": name, "interface": "wsgi", "app": "app:app", "packages": [], "database": "sync", "about": "Takes all it gets"}, file)
    with open(os.path.join(folder, "app.py"), "w") as file:
        file.write(APP.format(greed=greed))


def available():
    with open("/proc/meminfo") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("MemAvailable")) / 1e6


def watch(least, over):
    while not over.wait(0.02):
        disk = os.statvfs(data)
        least["memory"] = min(least["memory"], available())
        least["disk"] = min(least["disk"], disk.f_bavail * disk.f_frsize / 1e9)


names = {f"greedy-{i}": what for i, what in enumerate(GREED) if re.search(wanted, what)}
for name, what in names.items():
    write(name, GREED[what][1])
os.environ["TargetFolders"] = targets
wobble = Wobble([f"{app}/Runner/Runner", "up"], data)
own = {name: wobble.pid(name) for name in ("Dashboard", "Runner")}
load = {"workers": 2, "connections": 10, "warmup": "1s", "for": "30s", "pooler": "none", "workload": "cpu:0"}
plain = {**load, "target": "waitress/bottle", "for": "2s"}
wobble.until(wobble.queue(plain), "completed")
bad = 0
print(f"{'it takes':40} ended as    after  least memory  least disk  the next run  why")
for name, what in names.items():
    expected = GREED[what][0]
    least, over = {"memory": 1e9, "disk": 1e9}, threading.Event()
    watcher = threading.Thread(target=watch, args=(least, over), daemon=True)
    watcher.start()
    slug = wobble.queue({**load, "target": f"gunicorn/{name}"})
    wobble.until(slug, "measuring", *FINAL, every=0.1)
    began = time.monotonic()
    run = wobble.until(slug, *FINAL, every=0.1)
    took = time.monotonic() - began
    over.set()
    watcher.join()
    following = wobble.until(wobble.queue(plain), *FINAL)["state"]
    same = all(wobble.pid(child) == pid for child, pid in own.items())
    bad += following != "completed" or not same or not (expected is None or run["state"] == "failed" and expected in (run.get("failure") or ""))
    print(f"{what:40} {run['state']:10} {took:5.1f} s {least['memory']:9.1f} GB {least['disk']:8.1f} GB  {following:12}  {run.get('failure') or ''}{'' if same else ' · PROCESSES OF WOBBLE DIED'}", flush=True)
sys.exit(1 if bad else 0)
