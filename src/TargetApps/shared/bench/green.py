"""Waiting for green threads: psycopg2's wait callback, and a queue that makes only its caller wait.

The servers' own primitive to wait for a descriptor is all that differs between them.
"""

import collections
import os

import psycopg2
from psycopg2.extensions import POLL_OK, POLL_READ, POLL_WRITE, set_wait_callback


def _gevent():
    from gevent.socket import wait_read, wait_write

    return wait_read, wait_write


def _meinheld():
    from meinheld import server

    return lambda fd: server.trampoline(fd, read=True), lambda fd: server.trampoline(fd, write=True)


_wait_read, _wait_write = {"gevent": _gevent, "meinheld": _meinheld}[os.environ["WOBBLE_GREEN"]]()


def _wait(connection):
    while True:
        state = connection.poll()
        if state == POLL_OK:
            return
        if state == POLL_READ:
            _wait_read(connection.fileno())
        elif state == POLL_WRITE:
            _wait_write(connection.fileno())
        else:
            raise psycopg2.OperationalError(f"unknown state {state} of a connection")


def install():
    set_wait_callback(_wait)


class LifoQueue:
    """As queue.LifoQueue, for the green threads of one worker process."""

    def __init__(self):
        self._items = []
        self._waiting = collections.deque()

    def put(self, item):
        self._items.append(item)
        if self._waiting:
            os.eventfd_write(self._waiting.popleft(), 1)

    def get(self):
        while not self._items:
            event = os.eventfd(0)
            self._waiting.append(event)
            try:
                _wait_read(event)
            finally:
                if event in self._waiting:
                    self._waiting.remove(event)
                os.close(event)
        return self._items.pop()
