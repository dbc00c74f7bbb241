"""Scans every page and the API of a Wobble that has something to show. Started by bench/scan."""
import collections, json, os, subprocess, sys, tempfile
from product import Wobble

data, app, seconds = sys.argv[1:4]
wobble = Wobble([f"{app}/Runner/Runner", "up"], data)
run = {"target": "uwsgi-http/bottle", "workers": 2, "connections": 4, "warmup": "0s", "for": "2s"}
one, two = (wobble.until(wobble.queue(run), "completed")["slug"] for _ in range(2))
load = {name: value for name, value in run.items() if name != "target"}
experiment = wobble.api("/api/experiments", {"targets": ["uwsgi-http/bottle"], "repetitions": 1, **load})["slug"]
comparison = wobble.api("/api/comparisons", {"runs": [one, two]})["slug"]
configuration = wobble.api("/api/configurations", {"name": "scanned", "definition": run})["id"]
pages = ["/", "/new", "/runs", "/configurations", f"/configurations/{configuration}", "/experiments", f"/x/{experiment}", "/claims", f"/r/{one}", f"/compare?r={one}&r={two}", f"/c/{comparison}", "/targets", "/runners",
         "/housekeeping", "/audit", "/sign-in", "/hangfire", "/api/runs", f"/api/runs/{one}", f"/api/runs/{one}/samples?after=0", f"/api/experiments/{experiment}", f"/api/compare?r={one}&r={two}", "/api/audit?q=a", "/api/configurations"]
found, failed = collections.defaultdict(set), []
with tempfile.TemporaryDirectory() as folder:
    for page in pages:
        report = os.path.join(folder, "report.json")
        command = ["wapiti", "-u", wobble.url + page, "--scope", "page", "--header", f"Authorization: Bearer {wobble.token}", "-f", "json", "-o", report, "--flush-session", "--max-scan-time", seconds, "--no-bugreport", "-v", "0"]
        ended = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd=folder, env={**os.environ, "HOME": folder})
        if not os.path.exists(report):
            failed.append(f"{page}: {ended.stderr.strip().splitlines()[-1:] or ended.returncode}")
            continue
        with open(report) as file:
            what = json.load(file)
        for group in ("vulnerabilities", "anomalies", "additionals"):
            for kind, each in what[group].items():
                for entry in each:
                    found[group, kind, entry["info"]].add(page)
        os.remove(report)
print(f"{len(pages)} pages scanned, {sum(len(v) for v in found.values())} findings of {len(found)} kinds")
for (group, kind, info), where in sorted(found.items()):
    print(f"  {group}: {kind}: {info} ({len(where)}: {', '.join(sorted(where)[:3])}{' …' if len(where) > 3 else ''})")
for line in failed:
    print(f"  not scanned: {line}")
sys.exit(1 if failed else 0)
