"""Reads GUGAN_DATABASE, one URL, into Django's DATABASES entry."""

from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

SQLITE_OPTIONS = {
    # a writer queues at BEGIN instead of failing half-way
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;"
    "PRAGMA mmap_size=268435456;PRAGMA cache_size=-64000;",
}
POOL = {"min_size": 1, "max_size": 4}
EXAMPLE = "postgresql://user:password@host:5432/gugan, sqlite:////var/lib/gugan/gugan.sqlite3"


def read_database(url: str, serving: bool = False) -> dict:
    """Return the entry for `sqlite:////abs/path`, `sqlite:///rel/path`, a plain path, or `postgresql://…`.

    In a PostgreSQL URL `?host=/socket/dir` names a socket's folder, `?pool=on|off` whether connections are
    kept in a pool (default: only where pages are served), and any other parameter (sslmode …) goes to libpq.
    Relative paths start at the current folder. Raises ValueError for any other scheme.
    """
    scheme = url.partition("://")[0] if "://" in url else ""
    if scheme in ("postgresql", "postgres"):
        return _read_postgresql(url, serving)
    if scheme == "sqlite":
        # sqlite:///rel → rel, sqlite:////abs → /abs
        return _sqlite(unquote(url.removeprefix("sqlite://").removeprefix("/")))
    if scheme or not url:
        raise ValueError(f"GUGAN_DATABASE: 不认识 “{scheme}” / unknown scheme; e.g. {EXAMPLE}")
    return _sqlite(url)


def _sqlite(path: str) -> dict:
    if not path:
        raise ValueError(f"GUGAN_DATABASE: 没有文件名 / names no file; e.g. {EXAMPLE}")
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(Path(path).expanduser().absolute()),
        "OPTIONS": dict(SQLITE_OPTIONS),
    }


def _read_postgresql(url: str, serving: bool) -> dict:
    parts = urlsplit(url)
    options: dict = dict(parse_qsl(parts.query))
    if options.pop("pool", "on" if serving else "off") == "on":
        options["pool"] = dict(POOL)
    name = unquote(parts.path.removeprefix("/"))
    if not name:
        raise ValueError(f"GUGAN_DATABASE: 没有数据库名 / names no database; e.g. {EXAMPLE}")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": options.pop("user", "") or unquote(parts.username or ""),
        "PASSWORD": options.pop("password", "") or unquote(parts.password or ""),
        "HOST": options.pop("host", "") or unquote(parts.hostname or ""),
        "PORT": options.pop("port", "") or str(parts.port or ""),
        "OPTIONS": options,
    }
