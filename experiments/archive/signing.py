"""The installation's own key (Ed25519), and what its signatures prove.

Made on first use in the data folder, readable by its owner only. A signature proves that a list of contents was signed
by whoever holds that key, and that nothing in it was changed since. It does not say who that is: compare the key's
mark with the one that the other side tells you.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

KEY_FILE = "signing-key"


def signed(home: Path, content: bytes) -> tuple[str, str]:
    """(public key, signature), both in hex."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.from_private_bytes(_secret(home))
    return key.public_key().public_bytes_raw().hex(), key.sign(content).hex()


def public_key(home: Path) -> str:
    """The public key of this installation, in hex."""
    return signed(home, b"")[0]


def fits(key: str, signature: str, content: bytes) -> bool:
    """Whether that key signed that content. False for anything that is no key or signature."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(bytes.fromhex(signature), content)
    except (InvalidSignature, ValueError):
        return False
    return True


def mark_of(key: str) -> str:
    """A short mark of a public key that people can compare, in groups of four."""
    digits = hashlib.sha256(key.encode()).hexdigest()[:24]
    return " ".join(digits[start : start + 4] for start in range(0, 24, 4))


def _secret(home: Path) -> bytes:
    path = home / KEY_FILE
    fresh = home / f".{KEY_FILE}-{os.getpid()}"
    if not path.exists():
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(os.urandom(32))
        try:
            os.link(fresh, path)  # whoever comes second finds the first one's key, whole
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_bytes()
