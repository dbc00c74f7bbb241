from typing import Optional

from fastapi import FastAPI, Response

import bench
from bench import aio

app = FastAPI()


@app.get("/row")
async def row(response: Response, key: Optional[int] = None):
    response.headers[bench.NONCE_HEADER] = bench.NONCE
    a, b = await aio.row(bench.key_of(key))
    return {"a": a, "b": b}


@app.get("/cpu")
async def cpu(response: Response, ms: int = 0):
    response.headers[bench.NONCE_HEADER] = bench.NONCE
    return {"ms": bench.burn(ms)}


@app.get("/slow")
async def slow(response: Response, ms: int = 0):
    response.headers[bench.NONCE_HEADER] = bench.NONCE
    return {"ms": await aio.slow(ms)}
