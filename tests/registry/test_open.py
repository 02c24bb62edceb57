"""Where the registry lies, and what is said when it can't be opened."""

from __future__ import annotations

from pathlib import Path

import pytest

from registry.errors import Unavailable
from registry.open import Registry, upgrade


def test_the_folder_comes_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROVING_GROUND_HOME", str(tmp_path / "mine"))
    with Registry.open() as registry:
        assert registry.home == tmp_path / "mine"
    assert (tmp_path / "mine" / "registry.db").is_file()


def test_the_platforms_data_folder_is_the_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    with Registry.open() as registry:
        assert registry.home.is_relative_to(tmp_path)
        assert registry.home.name == "proving-ground"


def test_the_database_address_comes_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'team.db'}")
    upgrade()
    with Registry.open(tmp_path / "home") as registry:
        assert registry.url.database == str(tmp_path / "team.db")
    assert not (tmp_path / "home" / "registry.db").exists()


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("no address", "database_address_unreadable"),
        ("mysql://u@host/db", "database_kind_unknown"),
        ("sqlite://", "database_kind_unknown"),
    ],
)
def test_an_unusable_address_is_refused(tmp_path: Path, address: str, code: str) -> None:
    with pytest.raises(Unavailable) as refused:
        Registry.open(tmp_path, address)
    assert refused.value.problems[0].code == code


def test_a_server_that_does_not_answer_is_told_without_the_password(tmp_path: Path) -> None:
    with pytest.raises(Unavailable) as refused:
        Registry.open(tmp_path, "postgres://me:hunter2@127.0.0.1:1/pilots")
    assert refused.value.problems[0].code == "database_unreachable"
    assert "hunter2" not in str(refused.value)
    assert "127.0.0.1" in str(refused.value)


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "registry.db").write_bytes(b"this is no database at all, whatever its name says" * 100)
    with pytest.raises(Unavailable) as refused:
        Registry.open(tmp_path)
    assert refused.value.problems[0].code == "database_unreadable"


def test_no_address_to_upgrade_is_told() -> None:
    with pytest.raises(Unavailable) as refused:
        upgrade()
    assert refused.value.problems[0].code == "database_address_missing"
