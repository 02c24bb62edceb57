"""Reading an archive that somebody sent: nothing in it is believed before it fits the signed manifest."""

from __future__ import annotations

import json
import re
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from experiments.archive.pack import FORMAT, MANIFEST, SIGNATURE
from experiments.archive.signing import fits
from experiments.errors import Refused
from experiments.limits import size_limits
from registry.canonical import sha256_bytes
from registry.migration import SCHEMA
from stats.errors import Problem

MOST_MEMBERS = 5_000
MOST_FACTOR = 8
"""All members together may be so many times the size that one uploaded file may have."""
LARGEST_MANIFEST = 4 << 20
_NAME = re.compile(
    r"(rows|events|charter|serves)\.json|results\.csv|memo\.(html|pdf)|plans/[0-9]{1,6}\.json|files/[0-9a-f]{64}"
    r"|(evidence|recommendations)/[0-9a-f-]{36}\.json|inputs/[0-9a-f-]{36}\.json\.gz"
)


@dataclass(frozen=True, kw_only=True)
class Checked:
    """An archive whose every member fits the manifest, and its manifest the signature."""

    manifest: Mapping[str, Any]
    manifest_sha256: str
    members: Mapping[str, bytes]

    def json(self, name: str) -> Any:
        return json.loads(self.members[name])


def checked(path: Path) -> Checked:
    """The archive, whole and as it was signed. Raises Refused naming the member that is not."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = [info.filename for info in archive.infolist()]
            if len(names) > MOST_MEMBERS + 2 or len(names) != len(set(names)):
                raise _refused("archive_unreadable", member=MANIFEST)
            raw = _read(archive, MANIFEST, LARGEST_MANIFEST)
            signature = _read(archive, SIGNATURE, 1024).decode("ascii", "replace")
            manifest = _manifest(raw, signature)
            members = _members(archive, names, manifest["members"])
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise _refused("archive_unreadable", member=str(error)[:120]) from None
    return Checked(manifest=manifest, manifest_sha256=sha256_bytes(raw), members=members)


def _manifest(raw: bytes, signature: str) -> dict[str, Any]:
    try:
        value = json.loads(raw)
        listed = {str(name): (str(each["sha256"]), int(each["size"])) for name, each in value["members"].items()}
        key, form, schema = str(value["public_key"]), value["format"], str(value["schema"])
        str(value["pilot"]), str(value["log_head"])
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise _refused("archive_unreadable", member=MANIFEST) from None
    if form != FORMAT:
        raise _refused("archive_unreadable", member=MANIFEST)
    if not fits(key, signature, raw):
        raise _refused("archive_not_signed")
    if schema != SCHEMA:
        raise _refused("archive_other_schema", schema=schema, known=SCHEMA)
    strange = [name for name in listed if not _NAME.fullmatch(name)]
    if strange:
        raise _refused("archive_strange_member", member=strange[0][:120])
    most = size_limits().max_file * MOST_FACTOR
    if sum(size for _, size in listed.values()) > most or any(size < 0 for _, size in listed.values()):
        raise _refused("archive_too_large", limit_mb=most >> 20)
    return {**value, "members": listed}


def _members(archive: zipfile.ZipFile, names: list[str], listed: Mapping[str, tuple[str, int]]) -> dict[str, bytes]:
    extra = sorted(set(names) - {MANIFEST, SIGNATURE} - set(listed))
    if extra:
        raise _refused("archive_strange_member", member=extra[0][:120])
    found = {}
    for name, (sha256, size) in listed.items():
        if name not in names:
            raise _refused("archive_member_missing", member=name)
        content = _read(archive, name, size)
        if len(content) != size or sha256_bytes(content) != sha256:
            raise _refused("archive_member_changed", member=name)
        found[name] = content
    for needed in ("rows.json", "events.json", "serves.json"):
        if needed not in found:
            raise _refused("archive_member_missing", member=needed)
    return found


def _read(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    """At most so many bytes of a member, and one more that tells of the rest: a bomb never unpacks."""
    try:
        with archive.open(name) as source:
            content = source.read(most + 1)
    except KeyError:
        raise _refused("archive_member_missing", member=name) from None
    except zipfile.BadZipFile:  # its checksum
        raise _refused("archive_member_changed", member=name) from None
    if len(content) > most:
        raise _refused("archive_member_changed", member=name)
    return content


def _refused(code: str, **facts: Any) -> Refused:
    return Refused(Problem(code=code, facts=facts))
