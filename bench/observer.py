"""Runs in rounds: nobody looks, 50 viewers, and a control whose 50 look at a file. Prints paired ratios with their intervals. Started by bench/observer."""
import collections, datetime, math, random, re, statistics, sys
from product import Wobble
from viewer import Crowd

data, app, rounds, length = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
# Student's t, 97.5%, by degrees of freedom.
T = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042]
if not 2 <= rounds <= len(T) + 1 or not re.fullmatch(r"[1-9]\d*s", length):
    sys.exit(f"bench/observer [PAIRS] [FOR]: 2 to {len(T) + 1} pairs, of seconds such as 8s")
seconds = int(length[:-1])
MANY = 50
# Time to open all pages on a full machine before anything counts.
WARMUP = 12
RUN = {"target": "uwsgi-http/bottle", "warmup": f"{WARMUP}s", "for": length}
NOBODY, VIEWERS, CONTROL = ARMS = ("nobody looks", f"{MANY} viewers", "control")

wobble = Wobble([f"{app}/Runner/Runner", "up"], data)
late, doubts, wrong = 0, dict.fromkeys(ARMS, 0), collections.Counter()


def measured(arm):
    """p99 in ms, requests a second, and what each of the crowd got a second while it was measured."""
    global late
    slug = wobble.queue(RUN)
    wobble.until(slug, "warming", "measuring")
    crowd = Crowd("watch", wobble.url, MANY, f"/r/{slug}") if arm == VIEWERS else Crowd("ask", wobble.url, MANY, "/css/wobble.css") if arm == CONTROL else None
    late += wobble.api(f"/api/runs/{slug}")["state"] != "warming"
    run, got = wobble.until(slug, "completed", every=1), None
    if crowd:
        told = crowd.told()
        crowd.end()
        wrong.update(f"{arm}: {what}" for one in told for what in [*one.get("statuses", []), one.get("error")] if what not in ("200", None))
        began = datetime.datetime.fromisoformat(run["measuring_at"]).timestamp()
        got = statistics.median(sum(began <= at <= began + seconds for at in one["times"]) / seconds for one in told)
    doubts[arm] += run["trust"]["verdict"] != "sound"
    if run["latency_ms"]["p99"] is None:
        sys.exit(f"{length} are too short for a p99")
    return run["latency_ms"]["p99"], run["throughput"], got


def ratio(arm, which):
    """Geometric mean of the rounds' ratios to nobody, and its 95% interval."""
    logs = [math.log(r[arm][which] / r[NOBODY][which]) for r in results]
    middle, half = statistics.mean(logs), T[rounds - 2] * statistics.stdev(logs) / math.sqrt(rounds)
    return math.exp(middle), math.exp(middle - half), math.exp(middle + half)


def sentence(what, which):
    """What the interval of the viewers says, beside that of the control."""
    middle, low, high = ratio(VIEWERS, which)
    _, control_low, control_high = ratio(CONTROL, which)
    if low <= 1 <= high:
        return f"No effect of {MANY} viewers on {what} can be shown: between {low - 1:+.1%} and {high - 1:+.1%}."
    control = "the control shows none" if control_low <= 1 <= control_high else f"the control, too, differs ({control_low - 1:+.1%} to {control_high - 1:+.1%}), so clients alone do some of it"
    return f"{MANY} viewers change {what} by {middle - 1:+.1%} (between {low - 1:+.1%} and {high - 1:+.1%}); {control}."


for _ in range(2):
    wobble.until(wobble.queue({**RUN, "warmup": "1s", "for": "3s"}), "completed")
print(f"{'':5}" + "".join(f"{arm:>30}" for arm in ARMS))
print("round" + f"{'p99 ms':>12}{'a second':>10}{'got':>8}" * len(ARMS), flush=True)
results, order = [], random.Random(1)
for number in range(1, rounds + 1):
    results.append({arm: measured(arm) for arm in order.sample(ARMS, len(ARMS))})
    print(f"{number:5}" + "".join(f"{p99:12.1f}{throughput:10,.0f}{'' if got is None else f'{got:.1f}':>8}" for p99, throughput, got in map(results[-1].get, ARMS)), flush=True)

print(f"\n{'geometric mean of ratios [95%]':32}{'p99':>26}{'throughput':>26}")
for arm in (VIEWERS, CONTROL):
    print(f"{f'{arm} ÷ {NOBODY}':32}" + "".join(f"{'{:.3f} [{:.3f}–{:.3f}]'.format(*ratio(arm, which)):>26}" for which in (0, 1)))
print(sentence("p99", 0))
print(sentence("throughput", 1))
print(f"got: batches (viewers) or files (control) that one of them took each second of the measurement; median of the {MANY}")
for what, times in sorted(wrong.items()):
    print(f"went wrong: {what} ({times} times)")
if any(doubts.values()):
    print(f"not sound: {', '.join(f'{n} of {rounds} runs with {arm}' for arm, n in doubts.items() if n)}")
if late:
    print(f"{late} runs measured before all pages were open")
wobble.end()
