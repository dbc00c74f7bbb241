"""What every app has in common: its options, the run's nonce, and work that isn't the database's.

The queries are in `bench.sync` and `bench.aio`, one module for each style.
"""

import os
import random
import time

NONCE_HEADER = "X-Wobble-Nonce"
NONCE = os.environ.get("WOBBLE_NONCE", "")
ROWS = 1_000_000


def option(name, default):
    """An option of the run, such as `driver`."""
    return os.environ.get("WOBBLE_OPTION_" + name.upper(), default)


def key_of(text):
    """The key that a request asks for; a random one if it names none."""
    return int(text) if text else random.randint(1, ROWS)


def milliseconds_of(text):
    return int(text) if text else 0


def burn(ms):
    """Uses `ms` milliseconds of this thread's own CPU time, in pure Python."""
    end = time.thread_time_ns() + ms * 1_000_000
    turns = 0
    while time.thread_time_ns() < end:
        for _ in range(100):
            turns += 1
    return ms
