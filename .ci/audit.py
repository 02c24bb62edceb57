"""Are there known weaknesses in what we install? Asks the OSV database about every line of requirements/*.txt.

Exit code 0: none known, or NOT_RUN with the reason where the service can't be reached; 1: some are known (or the audit
itself is broken), each named with the version that mends it. A clean answer is kept for the day, so that ``make check``
stays quick. AUDIT_SERVICE: another address of the service (an organisation's own copy).
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
REQUIREMENTS = sorted((ROOT / "requirements").glob("*.txt"))
SECONDS = 120
UNREACHABLE = ("ConnectionError", "Timeout", "ProxyError", "SSLError", "HTTPError", "ServiceError", "timed out")


def main() -> int:
    """Ask, say what was found, keep a clean answer."""
    kept = Path(sys.prefix) / ".audit"
    mark = f"{_digest()} {datetime.now(UTC).date()}"
    if kept.is_file() and kept.read_text() == mark:
        print("no known weaknesses (asked earlier today)")
        return 0
    answer, reason = _ask()
    if answer is None:
        quiet = any(word in reason for word in UNREACHABLE)
        print(f"NOT_RUN: {reason}" if quiet else f"the audit failed: {reason}")
        return 0 if quiet else 1
    weak = [(item["name"], item["version"], found) for item in answer for found in item.get("vulns", ())]
    for name, version, found in sorted(weak, key=lambda each: each[:2]):
        print(f"{name} {version}: {found['id']}, mended in {', '.join(found['fix_versions']) or 'no version yet'}")
    if weak:
        print(f"{len(weak)} known weaknesses: run `make lock`, or say in SECURITY.md why one does not concern us")
        return 1
    print(f"no known weaknesses in {len(answer)} packages")
    if "AUDIT_SERVICE" not in os.environ:
        kept.write_text(mark)
    return 0


def _ask() -> tuple[list[dict[str, object]] | None, str]:
    """pip-audit's answer for each package, or None and the reason why there is none."""
    files = [part for path in REQUIREMENTS for part in ("-r", str(path))]
    service = ["--osv-url", os.environ["AUDIT_SERVICE"]] if "AUDIT_SERVICE" in os.environ else []
    options = ["-s", "osv", *service, "--disable-pip", "--timeout", "5", "-f", "json", "--progress-spinner", "off"]
    command = [sys.executable, "-m", "pip_audit", *options, *files]
    try:
        ran = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return None, f"timed out after {SECONDS} s"
    try:
        return json.loads(ran.stdout)["dependencies"], ""
    except ValueError:
        return None, (ran.stderr.strip() or ran.stdout.strip() or "no answer").splitlines()[-1][:300]


def _digest() -> str:
    return hashlib.sha256(b"".join(path.read_bytes() for path in REQUIREMENTS)).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
