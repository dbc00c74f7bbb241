"""Queries for apps on an event loop: aiopg, asyncpg or psycopg, each with its own pool for each worker process.

A query is one transaction of its own, so it is one round trip (two or four with asyncpg, see there).
"""

import asyncio
import os

import bench

ROW = "SELECT a, b FROM test WHERE a = %s"
SLOW = "SELECT pg_sleep(%s)"

_size = int(bench.option("pool", "10"))
_by_transaction = os.environ.get("WOBBLE_POOLER") == "transaction"


class _Aiopg:
    async def open(self):
        import aiopg

        # It asks the server for the identifier of the type hstore at each connect unless told not to.
        self._pool = await aiopg.create_pool("", minsize=1, maxsize=_size, enable_hstore=False)

    async def fetch_one(self, query, argument):
        async with self._pool.acquire() as connection:
            async with connection.cursor() as cursor:
                await cursor.execute(query, (argument,))
                return await cursor.fetchone()


class _Asyncpg:
    async def open(self):
        import asyncpg

        class Connection(asyncpg.Connection):
            def _get_reset_query(self):
                # The pool would send four statements after each use, which the other drivers' pools don't: a round trip more.
                return ""

        self._pool = await asyncpg.create_pool(min_size=1, max_size=_size, connection_class=Connection, statement_cache_size=0 if _by_transaction else 100)

    async def fetch_one(self, query, argument):
        query = query.replace("%s", "$1")
        async with self._pool.acquire() as connection:
            if not _by_transaction:
                return await connection.fetchrow(query, argument)
            # asyncpg prepares in one round trip and executes in the next. Transaction pooling may give another server connection
            # in between, which doesn't know the statement, unless both are in one transaction.
            async with connection.transaction():
                return await connection.fetchrow(query, argument)


class _Psycopg:
    async def open(self):
        import psycopg_pool

        # A prepared statement belongs to one server connection, and transaction pooling gives another one each time.
        options = {"autocommit": True, "prepare_threshold": None if _by_transaction else 5}
        self._pool = psycopg_pool.AsyncConnectionPool("", min_size=1, max_size=_size, kwargs=options, open=False)
        await self._pool.open()

    async def fetch_one(self, query, argument):
        async with self._pool.connection() as connection:
            cursor = await connection.execute(query, (argument,))
            return await cursor.fetchone()


_database = {"aiopg": _Aiopg, "asyncpg": _Asyncpg, "psycopg": _Psycopg}[bench.option("driver", "aiopg")]()
_opening = None
_is_open = False


async def _open():
    """Opens the pool, in the worker process and on its loop. Requests that come meanwhile wait for the same opening."""
    global _opening, _is_open
    if _opening is None:
        _opening = asyncio.ensure_future(_database.open())
    opening = _opening
    try:
        # Shielded: a client that goes away cancels its own request only.
        await asyncio.shield(opening)
        _is_open = True
    except Exception:
        _opening = None
        raise


async def _fetch_one(query, argument):
    if not _is_open:
        await _open()
    return await _database.fetch_one(query, argument)


async def row(key):
    return await _fetch_one(ROW, key)


async def slow(ms):
    await _fetch_one(SLOW, ms / 1000)
    return ms
