from bottle import Bottle, request, response

import bench
from bench import sync

app = Bottle()


@app.hook("after_request")
def add_nonce():
    response.set_header(bench.NONCE_HEADER, bench.NONCE)


@app.get("/row")
def row():
    a, b = sync.row(bench.key_of(request.query.get("key")))
    return {"a": a, "b": b}


@app.get("/cpu")
def cpu():
    return {"ms": bench.burn(bench.milliseconds_of(request.query.get("ms")))}


@app.get("/slow")
def slow():
    return {"ms": sync.slow(bench.milliseconds_of(request.query.get("ms")))}
