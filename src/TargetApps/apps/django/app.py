from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import JsonResponse
from django.urls import path

import bench
from bench import sync

settings.configure(ALLOWED_HOSTS=["*"], MIDDLEWARE=[__name__ + ".add_nonce"], ROOT_URLCONF=__name__, SECRET_KEY="not used: no session, no form")


def add_nonce(get_response):
    def with_nonce(request):
        response = get_response(request)
        response[bench.NONCE_HEADER] = bench.NONCE
        return response

    return with_nonce


def row(request):
    a, b = sync.row(bench.key_of(request.GET.get("key")))
    return JsonResponse({"a": a, "b": b})


def cpu(request):
    return JsonResponse({"ms": bench.burn(bench.milliseconds_of(request.GET.get("ms")))})


def slow(request):
    return JsonResponse({"ms": sync.slow(bench.milliseconds_of(request.GET.get("ms")))})


urlpatterns = [path("row", row), path("cpu", cpu), path("slow", slow)]

app = get_wsgi_application()
