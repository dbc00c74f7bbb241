"""Queries for apps that wait: psycopg2 or psycopg, and a small pool for each worker process.

Connections are in autocommit mode, so a query is one round trip, as it is in `bench.aio`.
"""

import contextlib
import os
import queue

import bench

ROW = "SELECT a, b FROM test WHERE a = %s"
SLOW = "SELECT pg_sleep(%s)"


class Pool:
    """At most `size` connections, made when they are first needed. Whoever comes when all are in use, waits."""

    def __init__(self, connect, size, idle):
        self._connect = connect
        self._idle = idle
        for _ in range(size):
            self._idle.put(None)

    @contextlib.contextmanager
    def connection(self):
        connection = self._idle.get()
        try:
            if connection is None:
                connection = self._connect()
            yield connection
        except BaseException:
            # Nobody knows in which state it is: the next one gets a new connection.
            if connection is not None:
                connection.close()
            connection = None
            raise
        finally:
            self._idle.put(connection)


def _psycopg2():
    import psycopg2

    idle = queue.LifoQueue()
    if bench.option("wait_callback", "off") == "on":
        from bench import green

        green.install()
        idle = green.LifoQueue()

    def connect():
        connection = psycopg2.connect("")
        connection.autocommit = True
        return connection

    return connect, idle


def _psycopg():
    import psycopg

    # A prepared statement belongs to one server connection, and transaction pooling gives another one each time.
    threshold = None if os.environ.get("WOBBLE_POOLER") == "transaction" else 5
    return lambda: psycopg.connect("", autocommit=True, prepare_threshold=threshold), queue.LifoQueue()


_connect, _idle = {"psycopg2": _psycopg2, "psycopg": _psycopg}[bench.option("driver", "psycopg2")]()
_pool = Pool(_connect, int(bench.option("pool", "4")), _idle)


def _fetch_one(query, argument):
    with _pool.connection() as connection:
        with connection.cursor() as cursor:
            cursor.execute(query, (argument,))
            return cursor.fetchone()


def row(key):
    return _fetch_one(ROW, key)


def slow(ms):
    _fetch_one(SLOW, ms / 1000)
    return ms
