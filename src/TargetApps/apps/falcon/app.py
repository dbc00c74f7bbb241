import falcon

import bench
from bench import sync


class Nonce:
    def process_response(self, request, response, resource, succeeded):
        response.set_header(bench.NONCE_HEADER, bench.NONCE)


class Row:
    def on_get(self, request, response):
        a, b = sync.row(bench.key_of(request.get_param("key")))
        response.media = {"a": a, "b": b}


class Cpu:
    def on_get(self, request, response):
        response.media = {"ms": bench.burn(bench.milliseconds_of(request.get_param("ms")))}


class Slow:
    def on_get(self, request, response):
        response.media = {"ms": sync.slow(bench.milliseconds_of(request.get_param("ms")))}


app = falcon.App(middleware=[Nonce()])
app.add_route("/row", Row())
app.add_route("/cpu", Cpu())
app.add_route("/slow", Slow())
