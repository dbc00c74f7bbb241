from aiohttp import web

import bench
from bench import aio


async def add_nonce(request, response):
    response.headers[bench.NONCE_HEADER] = bench.NONCE


async def row(request):
    a, b = await aio.row(bench.key_of(request.query.get("key")))
    return web.json_response({"a": a, "b": b})


async def cpu(request):
    return web.json_response({"ms": bench.burn(bench.milliseconds_of(request.query.get("ms")))})


async def slow(request):
    return web.json_response({"ms": await aio.slow(bench.milliseconds_of(request.query.get("ms")))})


app = web.Application()
app.on_response_prepare.append(add_nonce)
app.add_routes([web.get("/row", row), web.get("/cpu", cpu), web.get("/slow", slow)])
