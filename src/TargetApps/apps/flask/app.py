from flask import Flask, request

import bench
from bench import sync

app = Flask(__name__)


@app.after_request
def add_nonce(response):
    response.headers[bench.NONCE_HEADER] = bench.NONCE
    return response


@app.get("/row")
def row():
    a, b = sync.row(bench.key_of(request.args.get("key")))
    return {"a": a, "b": b}


@app.get("/cpu")
def cpu():
    return {"ms": bench.burn(bench.milliseconds_of(request.args.get("ms")))}


@app.get("/slow")
def slow():
    return {"ms": sync.slow(bench.milliseconds_of(request.args.get("ms")))}
