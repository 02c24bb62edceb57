"""What every test may ask for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

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
