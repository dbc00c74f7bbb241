from sanic import Sanic
from sanic.response import json

import bench
from bench import aio

app = Sanic("wobble")


@app.on_response
async def add_nonce(request, response):
    response.headers[bench.NONCE_HEADER] = bench.NONCE


@app.get("/row")
async def row(request):
    a, b = await aio.row(bench.key_of(request.args.get("key")))
    return json({"a": a, "b": b})


@app.get("/cpu")
async def cpu(request):
    return json({"ms": bench.burn(bench.milliseconds_of(request.args.get("ms")))})


@app.get("/slow")
async def slow(request):
    return json({"ms": await aio.slow(bench.milliseconds_of(request.args.get("ms")))})
