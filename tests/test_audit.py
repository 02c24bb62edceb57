"""The dependency audit, against a service of the test's own: clean passes, a weakness fails, no service is said."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

AUDIT = Path(__file__).resolve().parents[1] / ".ci" / "audit.py"
WEAK = {
    "id": "GHSA-test", "modified": "2026-01-01T00:00:00Z", "published": "2026-01-01T00:00:00Z", "summary": "made up",
    "affected": [{
        "package": {"name": "altair", "ecosystem": "PyPI", "purl": "pkg:pypi/altair"},
        "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "999"}]}],
    }],
}  # fmt: skip


@pytest.fixture
def audit() -> Iterator[Callable[[str], subprocess.CompletedProcess[str]]]:
    """Runs the audit against a service that knows of a weakness in that package ("" in none)."""
    servers = []

    def run(weak: str) -> subprocess.CompletedProcess[str]:
        class Service(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                found: dict[str, Any] = {"vulns": [WEAK]} if asked["package"]["name"] == weak else {}
                body = json.dumps(found).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                """Quiet."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
        servers.append(server)
        Thread(target=server.serve_forever, daemon=True).start()
        return asking(f"http://127.0.0.1:{server.server_port}/v1/query")

    yield run
    for server in servers:
        server.shutdown()
        server.server_close()


def asking(service: str) -> subprocess.CompletedProcess[str]:
    settings = {**os.environ, "AUDIT_SERVICE": service, "NO_PROXY": "127.0.0.1"}
    return subprocess.run([sys.executable, AUDIT], env=settings, capture_output=True, text=True, timeout=150)


def test_no_weakness_passes(audit: Callable[[str], Any]) -> None:
    ran = audit("")
    assert (ran.returncode, ran.stdout.split(" in ")[0]) == (0, "no known weaknesses"), ran.stdout + ran.stderr


def test_a_weakness_fails_and_is_named_with_what_mends_it(audit: Callable[[str], Any]) -> None:
    ran = audit("altair")
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert "GHSA-test, mended in 999" in ran.stdout


def test_a_service_out_of_reach_is_said_and_does_not_fail() -> None:
    ran = asking("http://127.0.0.1:1/v1/query")
    assert (ran.returncode, ran.stdout.split(":")[0]) == (0, "NOT_RUN"), ran.stdout + ran.stderr
