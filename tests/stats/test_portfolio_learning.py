"""The figures of docs/methods/learning.md, in small: made-up portfolios, and real experiments split in time."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "portfolio_learning.py"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("portfolio_learning", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["portfolio_learning"] = module  # dataclasses look their module up by name
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_among_scaled_pilots_cautious_ranges_hold_the_truth_and_raw_ones_do_not(script: ModuleType) -> None:
    """6,000 pilots in portfolios of 30, spread .5: about 400 scaled, so that the Monte Carlo error of a share of .94 is
    .012; the promised .93-.97 is asked for within two of these."""
    seen = script.portfolios(script.normal(0, 0.5), 30, 6_000)
    assert seen.scaled > 300
    assert 0.93 - 0.024 < seen.learned < 0.97 + 0.024
    assert seen.raw < 0.87
    assert seen.learned > seen.default
    assert seen.raw_ratio > 1.6
    assert seen.learned_ratio < 0.8 * seen.raw_ratio


@pytest.mark.shared
def test_shrunken_early_effects_foretell_later_ones_better_than_raw_ones(
    script: ModuleType, shared: Callable[..., Path]
) -> None:
    """On each of the four metrics; also without the experiments that had hardly any visitors by the cut."""
    path = shared("data", "asos_digital_experiments.csv.gz")
    for metric, found in script.halves(path, 0.25).items():
        for least in (0, script.LARGE):
            seen = script.foretell([one for one in found if one.smallest >= least])
            assert seen.count > 40, metric
            assert seen.shrunken < seen.raw, metric
            assert abs(seen.top_shrunken - seen.top_late) < abs(seen.top_raw - seen.top_late), metric


def test_late_is_what_was_added_after_the_cut(script: ModuleType, tmp_path: Path) -> None:
    """One experiment by hand: sums 100 and 110 on 1,000 records each at half time, 300 and 350 on 2,000 at the end."""
    rows = ["experiment_id,variant_id,metric_id,time_since_start,count_c,count_t,mean_c,mean_t,variance_c,variance_t"]
    rows += ["a,1,1,1.0,1000,1000,0.1,0.11,0.09,0.09", "a,1,1,2.0,2000,2000,0.15,0.175,0.1,0.1"]
    path = tmp_path / "experiments.csv"
    path.write_text("\n".join(rows))
    (one,) = script.halves(path, 0.5)[1]
    assert one.early == pytest.approx(0.09531, abs=1e-5)  # log(.11 / .1)
    assert one.late == pytest.approx(0.18232, abs=1e-5)  # log((350 - 110) / (300 - 100))
    assert one.smallest == 1000
    assert one.early_se == pytest.approx((0.09 / 1000 / 0.01 + 0.09 / 1000 / 0.0121) ** 0.5)
