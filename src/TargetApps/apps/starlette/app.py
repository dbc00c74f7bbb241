from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

import bench
from bench import aio

# On each answer by hand: Starlette's middleware for it would cost more than the rest of the app.
NONCE = {bench.NONCE_HEADER: bench.NONCE}


async def row(request):
    a, b = await aio.row(bench.key_of(request.query_params.get("key")))
    return JSONResponse({"a": a, "b": b}, headers=NONCE)


async def cpu(request):
    return JSONResponse({"ms": bench.burn(bench.milliseconds_of(request.query_params.get("ms")))}, headers=NONCE)


async def slow(request):
    return JSONResponse({"ms": await aio.slow(bench.milliseconds_of(request.query_params.get("ms")))}, headers=NONCE)


app = Starlette(routes=[Route("/row", row), Route("/cpu", cpu), Route("/slow", slow)])
