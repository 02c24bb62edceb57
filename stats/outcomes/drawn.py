"""A table behind a connection as a Parquet file: what was read is kept, whatever becomes of the table."""

from __future__ import annotations

from pathlib import Path

from stats.errors import RefusedData
from stats.outcomes.files import SizeLimits, refuse
from stats.outcomes.tables import LIMITS, first_line, open_connection, without_secrets


def draw_table(connection: str, table: str, path: Path, limits: SizeLimits = LIMITS) -> None:
    """Write the table to ``path``. connection: an Ibis connection string.

    Raises RefusedData where the table can't be read, or has more rows than the limits allow.
    """
    found = open_connection(connection, table)
    try:
        rows = int(found.count().to_pyarrow().as_py())
        if rows > limits.max_rows:
            raise refuse("too_many_rows", found=rows, limit=limits.max_rows)
        found.to_parquet(path)
    except RefusedData:
        raise
    except Exception as error:  # noqa: BLE001 - each backend has its own errors; some repeat the password
        detail = without_secrets(first_line(error), of=connection)
        scheme = connection.partition("://")[0]
        raise refuse("no_connection", scheme=scheme, table=table, detail=detail) from None
    finally:
        found.get_backend().disconnect()
