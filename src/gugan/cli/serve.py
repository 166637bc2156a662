"""`gugan serve`: answer at 127.0.0.1:8000 with granian, and keep a worker for long work beside it."""

from __future__ import annotations

import os
import socket
import sys
from typing import Any

ADDRESS, PORT = "127.0.0.1", 8000


def register(subparsers: Any) -> None:
    """Add `serve` to the `gugan` command."""
    parser = subparsers.add_parser("serve", help=f"在 {ADDRESS}:{PORT} 提供页面 / serve the pages")
    parser.add_argument("--port", type=int, default=PORT, metavar="N")
    parser.set_defaults(handler=lambda args: serve(args.port))


def serve(port: int = PORT) -> int:
    """Serve until stopped; 1 if the port is taken. Does not return while granian runs."""
    with socket.socket() as probe:
        probe.settimeout(1)
        if probe.connect_ex((ADDRESS, port)) == 0:
            print(f"端口 {port} 已有别的程序在用。关掉它，或换一个：gugan serve --port {port + 1}", file=sys.stderr)
            return 1
    os.environ["GUGAN_SERVING"] = "1"
    from granian import Granian
    from granian.constants import Interfaces

    from gugan.jobs.keeper import Keeper

    print(f"骨干已在 http://{ADDRESS}:{port}/ ，按 Ctrl C 停止 / serving, Ctrl C stops", file=sys.stderr, flush=True)
    server = Granian(
        "gugan.web.wsgi:application", address=ADDRESS, port=port, interface=Interfaces.WSGI,
        workers=1, blocking_threads=4, log_access=False, process_name=None,
    )  # fmt: skip
    with Keeper():
        server.serve()
    return 0
