"""
People without a browser: a Viewer keeps a page open and speaks the protocol of blazor.web.js, an Asker asks for addresses; neither draws anything.
As a program it is a crowd of them in one process, which class Crowd starts and asks.
"""
import asyncio, contextlib, itertools, json, os, re, subprocess, sys, time
import aiohttp, msgpack

# An address of their own: what they ask doesn't count against who asks the API.
ADDRESS = "127.0.0.3"
INVOCATION, COMPLETION, PING, CLOSE = 1, 3, 6, 7
FAILED, WITH_RESULT = 1, 3
JS_OBJECT = 1


def framed(message):
    """MessagePack behind its length, 7 bits a byte."""
    body, head = msgpack.packb(message), bytearray()
    size = len(body)
    while size > 0x7F:
        head.append(size & 0x7F | 0x80)
        size >>= 7
    head.append(size)
    return bytes(head) + body


def unframed(data):
    """The whole messages at the beginning, and what is left."""
    messages, at = [], 0
    while at < len(data):
        size, shift, start = 0, 0, at
        while start < len(data):
            byte = data[start]
            size |= (byte & 0x7F) << shift
            start, shift = start + 1, shift + 7
            if byte < 0x80:
                break
        else:
            break
        if start + size > len(data):
            break
        messages.append(msgpack.unpackb(data[start:start + size]))
        at = start + size
    return messages, data[at:]


class Viewer:
    """Has one page open, and answers as quickly as a browser that has nothing to draw."""

    def __init__(self, session, base, path):
        self.session, self.base, self.path, self.origin = session, base, path, {"Origin": base}
        self.greeted = self.attached = False
        self.circuit = self.error = self.reading = self.socket = None
        self.answers, self.objects, self.news = {}, 0, asyncio.Event()
        self.times, self.bytes = [], 0

    async def open(self):
        async with self.session.get(self.base + self.path) as answer:
            answer.raise_for_status()
            page = await answer.text()
        markers = [m for m in map(json.loads, re.findall(r"<!--\s*Blazor:[^{]*?(\{.*?\})\s*-->", page, re.S)) if m.get("type") == "server"]
        if not markers:
            raise ConnectionError(f"{self.path} has nothing that lives")
        state = re.search(r"<!--\s*Blazor-Server-Component-State:([A-Za-z0-9+/=]+)\s*-->", page)
        state = state[1] if state else ""
        async with self.session.post(f"{self.base}/_blazor/negotiate?negotiateVersion=1", headers=self.origin) as answer:
            answer.raise_for_status()
            token = (await answer.json(content_type=None))["connectionToken"]
        # Compressed as for a browser: that is work of the Dashboard.
        self.socket = await self.session.ws_connect(f"{self.base}/_blazor?id={token}", origin=self.base, compress=15, max_msg_size=0)
        self.reading = asyncio.create_task(self.read())
        await self.socket.send_bytes(b'{"protocol":"blazorpack","version":1}\x1e')
        await self.until("handshake", lambda: self.greeted)
        await self.say("StartCircuit", f"{self.base}/", self.base + self.path, "[]", state, number="0")
        await self.until("StartCircuit", lambda: "0" in self.answers)
        self.circuit = self.answers.pop("0")
        if not self.circuit:
            raise ConnectionError("no circuit was started")
        await self.until("its renderer", lambda: self.attached)
        added = [{"type": "add", "ssrComponentId": n, "marker": marker} for n, marker in enumerate(sorted(markers, key=lambda m: m["sequence"]), 1)]
        await self.say("UpdateRootComponents", json.dumps({"batchId": 1, "operations": added}), state)
        await self.until("the first batch", lambda: self.times)

    async def until(self, what, known):
        while not known():
            if self.error:
                raise ConnectionError(f"{what}: {self.error}")
            self.news.clear()
            await asyncio.wait_for(self.news.wait(), 60)

    async def say(self, what, *arguments, number=None):
        await self.socket.send_bytes(framed([INVOCATION, {}, number, what, list(arguments)]))

    async def read(self):
        rest = b""
        try:
            async for message in self.socket:
                if message.type == aiohttp.WSMsgType.ERROR:
                    raise message.data
                data = message.data.encode() if message.type == aiohttp.WSMsgType.TEXT else message.data
                self.bytes += len(data)
                rest += data
                if not self.greeted:
                    head, end, rest = rest.partition(b"\x1e")
                    if not end:
                        rest = head
                        continue
                    if refusal := json.loads(head).get("error"):
                        raise ConnectionError(refusal)
                    self.greeted = True
                messages, rest = unframed(rest)
                for one in messages:
                    await self.take(one)
                self.news.set()
        except Exception as e:
            self.error = f"{type(e).__name__}: {e}"
        finally:
            self.error = self.error or "the connection ended"
            self.news.set()

    async def take(self, message):
        kind = message[0]
        if kind == INVOCATION:
            await self.obey(message[3], message[4])
        elif kind == COMPLETION:
            if message[3] == FAILED:
                raise ConnectionError(message[4])
            self.answers[message[2]] = message[4] if message[3] == WITH_RESULT else None
        elif kind == PING:
            await self.socket.send_bytes(framed([PING]))
        elif kind == CLOSE:
            raise ConnectionError(message[1] or "closed by the Dashboard")

    async def obey(self, what, arguments):
        if what == "JS.RenderBatch":
            self.times.append(time.time())
            await self.say("OnRenderCompleted", arguments[0], None)
        elif what == "JS.BeginInvokeJS":
            handle, function, _, result = arguments[:4]
            self.attached |= function.endswith(".attachWebRendererInterop")
            value = None
            # Modules and charts are objects in the browser; a page that got none would give up.
            if result == JS_OBJECT:
                self.objects += 1
                value = {"__jsObjectId": self.objects}
            if handle:
                await self.say("EndInvokeJSFromDotNet", handle, True, json.dumps([handle, True, value]))
        elif what == "JS.Error":
            raise ConnectionError(f"the page met an error: {arguments[0]}")

    def told(self):
        """When batches came since it was asked last, how many bytes (before compression), and what ended it."""
        times, size, self.times, self.bytes = self.times, self.bytes, [], 0
        return {"times": times, "bytes": size, "error": self.error}

    async def leave(self):
        """As a browser does when a page closes: without it the circuit would live on for minutes."""
        with contextlib.suppress(Exception):
            async with self.session.post(f"{self.base}/_blazor/disconnect", data={"circuitId": self.circuit}, headers=self.origin):
                pass
        with contextlib.suppress(Exception):
            await asyncio.wait_for(self.socket.close(), 10)
        self.reading.cancel()


class Asker:
    """Asks for one address a second, in turns."""

    def __init__(self, session, base, paths, number, share):
        first = number % len(paths)
        self.session, self.base, self.share, self.paths = session, base, share, itertools.cycle(paths[first:] + paths[:first])
        self.going, self.times, self.ms, self.statuses = None, [], [], []

    async def open(self):
        await self.ask()
        self.going = asyncio.create_task(self.go())

    async def go(self):
        await asyncio.sleep(self.share)
        while True:
            began = time.monotonic()
            await self.ask()
            await asyncio.sleep(max(0, began + 1 - time.monotonic()))

    async def ask(self):
        began = time.monotonic()
        try:
            async with self.session.get(self.base + next(self.paths)) as answer:
                await answer.read()
                status = str(answer.status)
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError) as e:
            status = type(e).__name__
        self.times.append(time.time())
        self.ms.append(1000 * (time.monotonic() - began))
        self.statuses.append(status)

    def told(self):
        """When answers came since it was asked last, after how long, and their statuses."""
        told = {"times": self.times, "ms": self.ms, "statuses": self.statuses}
        self.times, self.ms, self.statuses = [], [], []
        return told

    async def leave(self):
        self.going.cancel()


def to_idle():
    """The lowest priority there is. A kernel that shares its cores between sessions first (autogroup) compares priorities within a session only: so that of the session, too."""
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    with contextlib.suppress(OSError), open("/proc/self/autogroup", "w") as group:
        group.write("19")


async def be_a_crowd(kind, base, count, paths):
    connector = aiohttp.TCPConnector(limit=0, local_addr=(ADDRESS, 0))
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=60), cookie_jar=aiohttp.DummyCookieJar()) as session:
        people = [Viewer(session, base, paths[0]) if kind == "watch" else Asker(session, base, paths, n, n / count) for n in range(count)]
        few, began = asyncio.Semaphore(10), time.monotonic()

        async def open_one(one):
            async with few:
                await one.open()

        await asyncio.gather(*map(open_one, people))
        print(json.dumps(time.monotonic() - began), flush=True)
        to_idle()
        while await asyncio.to_thread(sys.stdin.readline):
            print(json.dumps([one.told() for one in people]), flush=True)
        await asyncio.gather(*(one.leave() for one in people))


class Crowd:
    """So many of a kind ("watch": Viewers of one page, "ask": Askers of some), open when this is made, at idle priority from then on."""

    def __init__(self, kind, base, count, *paths):
        # A session of its own for its priority (see to_idle). It ends with its stdin.
        self.process = subprocess.Popen([sys.executable, __file__, kind, base, str(count), *paths], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True)
        self.took = self.answer()

    def answer(self):
        if not (line := self.process.stdout.readline()):
            sys.exit("the crowd ended: see above")
        return json.loads(line)

    def told(self):
        """What each has seen since this was asked last."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return self.answer()

    def end(self):
        self.process.stdin.close()
        self.process.wait(60)


if __name__ == "__main__":
    asyncio.run(be_a_crowd(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4:]))
