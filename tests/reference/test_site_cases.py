"""Published and recomputed answers for sites and clusters: each case's keys mapped to ours, in one place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from stats.engine import estimate, parse_spec
from stats.methods.clustered import cluster_moments, clustered_variance, fit
from stats.methods.hypotheses import two_sided
from stats.methods.record_design import codes
from stats.results import Estimate, NotEstimable

pytestmark = pytest.mark.shared

AWARDS = {
    "data": "achievement_awards.csv",
    "filter": "year == 2001 and sex == 'G'",
    "design": "randomised_sites",
    "site": "school_id",
    "arm": {"column": "treated", "treatment": 1, "control": 0},
    "metric": {"kind": "mean", "column": "Bagrut_status"},
}
KIWI = {
    "data": "kiwishade.csv",
    "design": "randomised_sites",
    "site": "plot",
    "metric": {"kind": "mean", "column": "yield"},
}
SHADES = ["Aug2Dec", "Dec2Feb", "Feb2May"]


@pytest.fixture(scope="module")
def answer(shared: Callable[..., Path]) -> Callable[..., list[Estimate]]:
    folder = shared("cases", "data")

    def run(spec: Mapping[str, Any], **further: Any) -> list[Estimate]:
        found = estimate(parse_spec({**spec, **further}), folder)
        arms = found if isinstance(found, list) else [found]
        assert not any(isinstance(arm, NotEstimable) for arm in arms), arms
        return arms  # type: ignore[return-value]

    return run


def agree(case: Any, got: Mapping[str, float]) -> None:
    case.agrees(got)


def test_schools_unadjusted_and_their_means(cases, answer, cluster_keys):
    cr2, cr1s, means = (answer(AWARDS, estimator=name)[0] for name in ("cr2", "cr1s", "site_t"))
    agree(
        cases["cr2_achievement_unadjusted"],
        {
            **cluster_keys(cr2, cr1s),
            "cluster_mean_t.estimate": means.effect,
            "cluster_mean_t.t": means.details["statistic"],
            "cluster_mean_t.df": means.df,
            "cluster_mean_t.p": means.p_value,
        },
    )


def test_schools_adjusted_for_pupils(cases, answer, cluster_keys):
    covariates = ["school_type", "father_ed", "mother_ed", "immigrant", "siblings", "qrtl"]
    spec = {**AWARDS, "covariates": covariates, "options": {"factors": ["qrtl"]}}
    cr2, cr1s = (answer(spec, estimator=name)[0] for name in ("cr2", "cr1s"))
    agree(cases["cr2_achievement_awards_girls2001"], cluster_keys(cr2, cr1s))


def test_states_with_two_way_fixed_effects(cases, shared):
    """The treatment is a share (of the young who may drink), no arm: the functions right under ``pilot estimate``."""
    data = pd.read_csv(shared("cases", "data", "mlda_mva.csv")).dropna(subset=["mrate", "legal", "beertaxa"])
    dummies = [pd.get_dummies(data[name].astype(str), drop_first=True) for name in ("state", "year")]
    x = np.column_stack([np.ones(len(data)), data.legal, data.beertaxa, *dummies]).astype(float)
    fitted = fit(cluster_moments(x, data.mrate.to_numpy(float), codes(data.state)))
    variance, df = clustered_variance(fitted, np.eye(x.shape[1])[1], "cr2")
    effect, std_error = float(fitted.coefficients[1]), variance**0.5
    agree(
        cases["twfe_mlda_cr2"],
        {
            "estimate": effect,
            "coef_beertaxa": float(fitted.coefficients[2]),
            "se_CR1": clustered_variance(fitted, np.eye(x.shape[1])[1], "cr1")[0] ** 0.5,
            "se_CR2": std_error,
            "df_satterthwaite_CR2": df,
            "p_value_CR2_satterthwaite": two_sided(effect / std_error, df),
        },
    )


def test_any_shade_by_wild_bootstrap(cases, answer):
    spec = {**KIWI, "arm": {"column": "shade", "treatment": SHADES, "control": "none"}}
    pooled = {**spec, "options": {"pool_treatments": True}}
    wild, cr2 = (answer(pooled, estimator=name)[0] for name in ("wild_bootstrap", "cr2"))
    agree(
        cases["wild_kiwishade_any_shade"],
        {
            "estimate": wild.effect,
            "t_CR1": wild.details["statistic"],
            "n_clusters": wild.details["clusters"],
            "n_draws": wild.details["draws"],
            "n_exceed_geq": wild.details["exceed"],
            "p_value_wild_symmetric_geq": wild.p_value,
            "cr.se_CR2": cr2.std_error,
            "cr.df_satterthwaite_CR2": cr2.df,
            "cr.p_value_CR2_satterthwaite": cr2.p_value,
        },
    )


def test_six_clusters_have_a_smallest_p_and_no_zero(cases, answer):
    spec = {**KIWI, "arm": {"column": "shade", "treatment": "Dec2Feb", "control": "none"}}
    wild = answer(spec, estimator="wild_bootstrap")[0]
    agree(
        cases["wild_kiwishade_dec2feb_six_clusters"],
        {
            "estimate": wild.effect,
            "t_CR1": wild.details["statistic"],
            "n_clusters": wild.details["clusters"],
            "n_draws": wild.details["draws"],
            "n_exceed_geq": wild.details["exceed"],
            "p_value_wild_symmetric_geq": wild.p_value,
        },
    )


def test_split_plots_by_mixed_model(cases, answer):
    spec = {**KIWI, "arm": {"column": "shade", "treatment": SHADES, "control": "none"}, "estimator": "mixed_model"}
    arms = dict(zip(SHADES, answer(spec, options={"columns": ["block", "plot"]}), strict=True))
    got: dict[str, float] = {}
    for shade, arm in arms.items():
        ways = arm.details
        got |= {
            f"coef.shade{shade}": arm.effect,
            f"se.shade{shade}": ways["satterthwaite"]["std_error"],
            f"df_satterthwaite.shade{shade}": ways["satterthwaite"]["df"],
            f"p_satterthwaite.shade{shade}": ways["satterthwaite"]["p_value"],
            f"df_kr.shade{shade}": arm.df or 0.0,
            f"se_kr.shade{shade}": arm.std_error or 0.0,
            f"p_kr.shade{shade}": arm.p_value or 0.0,
        }
    first = arms["Aug2Dec"].details
    level = first["intercept"]
    got |= {
        "coef.(Intercept)": level["estimate"],
        "se.(Intercept)": level["satterthwaite"]["std_error"],
        "df_satterthwaite.(Intercept)": level["satterthwaite"]["df"],
        "df_kr.(Intercept)": level["kenward_roger"]["df"],
        "p_kr.(Intercept)": level["kenward_roger"]["p_value"],
        "var_plot": first["variance_components"]["plot"],
        "var_block": first["variance_components"]["block"],
        "var_resid": first["variance_components"]["residual"],
        "reml_loglik": first["log_likelihood"],
        "F_kr": first["joint"]["statistic"],
        "F_ndf": first["joint"]["ndf"],
        "F_ddf": first["joint"]["ddf"],
        "F_p": first["joint"]["p_value"],
    }
    agree(cases["lmm_kiwishade"], got)


def test_stepped_wedge_by_mixed_model(cases, answer):
    spec = {
        "data": "cict_analysis.csv",
        "design": "randomised_sites",
        "site": "Zip",
        "period": "week",
        "arm": {"column": "z", "treatment": 1, "control": 0},
        "metric": {"kind": "mean", "column": "y"},
        "estimator": "mixed_model",
    }
    plain = answer(spec)[0]
    weighted = answer(spec, weight_column="n_cases")[0]
    simple = plain.details["satterthwaite"]
    agree(
        cases["sw_cict_mixed"],
        {
            "n": plain.details["n"],
            "estimate": plain.effect,
            "se": simple["std_error"],
            "t": plain.effect / simple["std_error"],
            "df_satterthwaite": simple["df"],
            "p_satterthwaite": simple["p_value"],
            "se_kr": plain.std_error,
            "df_kr": plain.df,
            "p_kr": plain.p_value,
            "var_components.Zip": plain.details["variance_components"]["Zip"],
            "var_components.Residual": plain.details["variance_components"]["residual"],
            "reml_loglik": plain.details["log_likelihood"],
            "weighted.estimate": weighted.effect,
            "weighted.se": weighted.details["satterthwaite"]["std_error"],
        },
    )


def test_blocked_field_trial(cases, answer):
    spec = {
        "data": "npk.csv",
        "design": "randomised_sites",
        "site": "block",
        "arm": {"column": "N", "treatment": 1, "control": 0},
        "covariates": ["P", "K"],
        "metric": {"kind": "mean", "column": "yield"},
        "estimator": "blocked",
    }
    blocked, unblocked = answer(spec, strata=["block"])[0], answer(spec)[0]
    agree(
        cases["blocked_npk"],
        {
            "estimate_N": blocked.effect,
            "se_N": blocked.std_error,
            "t_N": blocked.details["statistic"],
            "p_N": blocked.p_value,
            "df": blocked.df,
            "ci_low_N": blocked.ci_lower,
            "ci_high_N": blocked.ci_upper,
            "estimate_K": blocked.details["coefficients"]["K"]["estimate"],
            "p_K": blocked.details["coefficients"]["K"]["p_value"],
            "estimate_P": blocked.details["coefficients"]["P"]["estimate"],
            "p_P": blocked.details["coefficients"]["P"]["p_value"],
            "unblocked_se_N": unblocked.std_error,
        },
    )
