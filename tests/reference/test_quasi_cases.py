"""Published answers for designs without (or with stepwise) assignment: each case's keys mapped to ours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from stats.engine import estimate, parse_spec
from stats.results import Estimate

pytestmark = pytest.mark.shared

NEW_JERSEY = {
    "data": "njmin3.csv",
    "design": "before_after_control",
    "arm": {"column": "nj", "treatment": 1, "control": 0},
    "post": {"column": "d", "values": [1]},
    "metric": {"column": "fte"},
    "estimator": "did_2x2",
}
INCINERATOR = {
    "data": "kielmc.csv",
    "design": "before_after_control",
    "arm": {"column": "nearinc", "treatment": 1, "control": 0},
    "post": {"column": "y81", "values": [1]},
    "metric": {"column": "rprice"},
    "estimator": "did_2x2",
}
COUNTIES = {
    "data": "mpdta.csv",
    "design": "staggered",
    "site": "countyreal",
    "period": "year",
    "starts": {"column": "first.treat", "never": 0},
    "metric": {"column": "lemp"},
}
TRACING = {
    "data": "cict_analysis.csv",
    "design": "stepped_wedge",
    "site": "Zip",
    "period": "week",
    "arm": {"column": "z", "treatment": 1, "control": 0},
    "metric": {"column": "y"},
}
CALIFORNIA = {
    "data": "prop99.csv",
    "design": "synthetic_control",
    "site": "State",
    "period": "Year",
    "arm": {"column": "State", "treatment": "California", "control": "*"},
    "post": {"column": "Year", "from": 1989},
    "metric": {"column": "PacksPerCapita"},
}
SICILY = {
    "data": "sicily.csv",
    "design": "interrupted_time_series",
    "period": "time",
    "post": {"column": "smokban", "values": [1]},
    "metric": {"kind": "rate", "column": "aces", "exposure": "stdpop"},
}


@pytest.fixture(scope="module")
def answer(shared: Callable[..., Path]) -> Callable[..., Estimate]:
    folder = shared("cases", "data")

    def run(spec: Mapping[str, Any], **further: Any) -> Estimate:
        found = estimate(parse_spec({**spec, **further}), folder)
        assert isinstance(found, Estimate), found
        return found

    return run


def agree(case: Any, got: Mapping[str, Any]) -> None:
    case.agrees(got)


def test_minimum_wages_in_new_jersey_and_pennsylvania(cases, answer):
    found = answer(NEW_JERSEY)
    change = answer(NEW_JERSEY, estimator="change_regression", metric={"column": "demp"}, filter="d == 1")
    robust = answer(NEW_JERSEY, options={"se": "hc1"})
    means = found.details["means"]
    agree(
        cases["did_njmin"],
        {
            "n": found.details["n"],
            "estimate": found.effect,
            "se": found.std_error,
            "t": found.details["statistic"],
            "p_value": found.p_value,
            "ci_low": found.ci_lower,
            "ci_high": found.ci_upper,
            "se_HC1": robust.std_error,
            "mean_pa_pre": means["control_before"],
            "mean_pa_post": means["control_after"],
            "mean_nj_pre": means["treatment_before"],
            "mean_nj_post": means["treatment_after"],
            "se_means_unequal": found.details["std_error_of_means"],
            "change_regression.n": change.details["n"],
            "change_regression.estimate": change.effect,
            "change_regression.se": change.std_error,
            "change_regression.se_HC1": change.details["std_errors"]["hc1"],
        },
    )


def test_house_prices_near_an_incinerator(cases, answer):
    plain = answer(INCINERATOR)
    logged = answer(INCINERATOR, metric={"column": "log(rprice)"})
    aged = answer(INCINERATOR, covariates=["age", "age * age"])
    full = answer(INCINERATOR, covariates=["age", "agesq", "intst", "land", "area", "rooms", "baths"])
    agree(
        cases["did_kielmc"],
        {
            "n": plain.details["n"],
            "estimate": plain.effect,
            "se": plain.std_error,
            "t": plain.details["statistic"],
            "p_value": plain.p_value,
            "se_HC1": plain.details["std_errors"]["hc1"],
            "log_estimate": logged.effect,
            "log_se": logged.std_error,
            "age_adjusted_estimate": aged.effect,
            "age_adjusted_se": aged.std_error,
            "full_estimate": full.effect,
            "full_se": full.std_error,
        },
    )


def test_drinking_ages_with_state_and_year_effects(cases, answer, cluster_keys):
    """The treatment is a share of the year's young who may drink: an amount, named by option ``treatment``."""
    spec = {
        "data": "mlda_mva.csv",
        "design": "staggered",
        "estimator": "twfe",
        "site": "state",
        "period": "year",
        "metric": {"column": "mrate"},
        "covariates": ["beertaxa"],
        "options": {"treatment": "legal"},
    }
    cr2 = answer(spec)
    cr1s = answer(spec, options={"treatment": "legal", "se": "cr1s"})
    agree(
        cases["twfe_mlda_cr2"],
        {
            **cluster_keys(cr2, cr1s),
            "coef_beertaxa": cr2.details["coefficients"]["beertaxa"],
        },
    )


@pytest.mark.parametrize(("case", "covariates"), [("cs_mpdta_nocov", []), ("cs_mpdta_lpop", ["lpop"])])
def test_group_time_effects_of_minimum_wages(cases, answer, case, covariates):
    found = answer(COUNTIES, estimator="callaway_santanna", covariates=covariates).details
    cells, events = found["group_time"], found["by_event_time"]
    agree(
        cases[case],
        {
            "n_units": found["sites"],
            "group": [cell["group"] for cell in cells],
            "time": [cell["time"] for cell in cells],
            "att_gt": [cell["effect"] for cell in cells],
            "se_gt": [cell["std_error"] for cell in cells],
            "simple_att": found["simple"]["effect"],
            "simple_se": found["simple"]["std_error"],
            "dynamic_overall": found["dynamic"]["effect"],
            "dynamic_overall_se": found["dynamic"]["std_error"],
            "event_time": [event["time"] for event in events],
            "event_att": [event["effect"] for event in events],
            "event_se": [event["std_error"] for event in events],
            "group_overall": found["group"]["effect"],
            "group_overall_se": found["group"]["std_error"],
            "group_att": [group["effect"] for group in found["by_group"]],
            "group_se": [group["std_error"] for group in found["by_group"]],
            "calendar_overall": found["calendar"]["effect"],
            "calendar_overall_se": found["calendar"]["std_error"],
        },
    )


def test_interaction_weighted_event_study(cases, answer):
    found = answer(COUNTIES, estimator="sun_abraham")
    path = found.details["event_study"]
    agree(
        cases["sa_mpdta"],
        {
            "n": found.details["n"],
            "att": found.effect,
            "att_se": found.std_error,
            "terms": [f"year::{line['time']}" for line in path],
            "event_coef": [line["effect"] for line in path],
            "event_se": [line["std_error"] for line in path],
        },
    )


def test_contact_tracing_in_a_stepped_wedge(cases, answer):
    weighted = {**TRACING, "weight_column": "n_cases", "covariates": ["svi_label"]}
    fixed = answer(weighted, estimator="fixed_effects")
    iv = answer(weighted, estimator="iv", instrument="z", options={"treatment": "perc"})
    agree(
        cases["sw_cict_fixed_effects"],
        {
            "n": fixed.details["n"],
            "n_zip": fixed.details["sites"],
            "itt_estimate": fixed.effect,
            "itt_se": fixed.std_error,
            "itt_t": fixed.details["statistic"],
            "itt_p": fixed.p_value,
            "resid_df": fixed.df,
            "r_squared": fixed.details["r_squared"],
            "resid_se": fixed.details["residual_sd"],
            "iv_estimate": iv.effect,
            "iv_se": iv.std_error,
        },
    )


def test_contact_tracing_by_mixed_model(cases, answer):
    plain = answer(TRACING, estimator="hussey_hughes")
    weighted = answer(TRACING, estimator="mixed_model", weight_column="n_cases")
    simple = plain.details["satterthwaite"]
    agree(
        cases["sw_cict_mixed"],
        {
            "n": plain.details["n"],
            "estimate": plain.effect,
            "se": simple["std_error"],
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


def test_tobacco_control_in_california_from_outcomes_alone(cases, answer):
    simplex, did, sdid = (answer(CALIFORNIA, estimator=name) for name in ("simplex", "did", "sdid"))
    weights = simplex.details["weights"]
    gaps = {line["period"]: line["gap"] for line in simplex.details["gaps"]}
    placebo = simplex.details["placebo"]
    named = ("Utah", "Montana", "Nevada", "Connecticut", "New Hampshire", "Colorado")
    agree(
        cases["sc_prop99_outcome_only"],
        {
            "did": did.effect,
            "sdid": sdid.effect,
            "sc": simplex.effect,
            "qp_att": simplex.effect,
            **{f"qp_weights.{state}": weights[state] for state in named},
            "qp_gap_by_year.1995": gaps[1995],
            "qp_gap_by_year.2000": gaps[2000],
            "qp_pre_rmspe": simplex.details["pre_rmse"],
            "rmspe_ratio_california": placebo["ratio"],
            "rmspe_rank": placebo["rank"],
            "n_units": placebo["sites"],
            "placebo_p": simplex.p_value,
        },
    )


def test_tobacco_control_in_california_matched_on_predictors(cases, answer):
    means = [{"column": name, "from": 1980, "to": 1988} for name in ("lnincome", "retprice", "age15to24")]
    found = answer(
        {
            **CALIFORNIA,
            "data": "smoking_predictors.csv",
            "site": "state",
            "period": "year",
            "arm": {"column": "state", "treatment": "California", "control": "*"},
            "post": {"column": "year", "from": 1989},
            "metric": {"column": "cigsale"},
            "estimator": "adh",
            "options": {
                "predictors": [
                    *means,
                    {"column": "beer", "from": 1984, "to": 1988},
                    {"column": "cigsale", "at": [1975, 1980, 1988]},
                ]
            },
        }
    )
    weights = found.details["weights"]
    gaps = {line["period"]: line["gap"] for line in found.details["gaps"]}
    agree(
        cases["sc_prop99_adh"],
        {
            **{f"weights.{s}": weights[s] for s in ("Utah", "Nevada", "Montana", "Colorado", "Connecticut")},
            "gap_2000": gaps[2000],
            "att_1989_2000": found.effect,
        },
    )


def test_heart_attacks_after_a_smoking_ban(cases, answer):
    poisson, quasi = (answer(SICILY, estimator=name) for name in ("poisson", "quasipoisson"))
    seasonal = answer(SICILY, estimator="quasipoisson", options={"season": 12, "harmonics": 2})
    got: dict[str, float] = {"n": poisson.details["n"], "trend_rr_per_month": poisson.details["trend_rate_ratio"]}
    for name, found in (("poisson", poisson), ("quasipoisson", quasi), ("quasi_seasonal", seasonal)):
        got |= {
            f"{name}.rr": found.details["rate_ratio"],
            f"{name}.rr_ci_low": found.details["rate_ratio_ci_lower"],
            f"{name}.rr_ci_high": found.details["rate_ratio_ci_upper"],
            f"{name}.log_rr": found.details["log_rate_ratio"],
            f"{name}.se": found.details["log_rate_ratio_std_error"],
        }
    got |= {
        "quasipoisson.dispersion": quasi.details["dispersion"],
        "quasi_seasonal.dispersion": seasonal.details["dispersion"],
    }
    agree(cases["its_sicily"], got)


def test_cigarette_sales_by_newey_west(cases, answer):
    spec = {
        "data": "prop99.csv",
        "design": "interrupted_time_series",
        "period": "Year",
        "filter": 'State == "California"',
        "post": {"column": "Year", "from": 1989},
        "metric": {"column": "PacksPerCapita"},
        "lag": 1,
    }
    found, plain = answer(spec, estimator="newey_west"), answer(spec, estimator="ols")
    table, unadjusted = found.details["coefficients"], found.details["unadjusted"]
    agree(
        cases["its_prop99_newey_west"],
        {
            "n": found.details["n"],
            "intercept": table["intercept"]["estimate"],
            "trend": table["trend"]["estimate"],
            "level_change": found.effect,
            "slope_change": table["slope"]["estimate"],
            **{
                f"nw1_se_adjusted.{name}": table[name]["std_error"] for name in ("intercept", "trend", "level", "slope")
            },
            **{f"nw1_se_unadjusted.{name}": unadjusted[name] for name in ("intercept", "trend", "level", "slope")},
            "t_level": found.details["statistic"],
            "p_level": found.p_value,
            "df": found.df,
            "ols_se_level": plain.std_error,
            "post_trend": found.details["slope_after"]["estimate"],
        },
    )


def test_training_and_earnings_matched_exactly(cases, answer):
    spec = {
        "data": "lalonde_matchit.csv",
        "design": "matched_sites",
        "metric": {"column": "re78"},
        "arm": {"column": "treat", "treatment": 1, "control": 0},
        "strata": ["educ", "race", "married", "nodegree"],
        "estimator": "exact_matching",
    }
    found = answer(spec)
    errors = found.details["std_errors"]
    agree(
        cases["match_exact_lalonde"],
        {
            "n_matched_treated": found.n_treatment,
            "n_matched_control": found.n_control,
            "n_subclasses": found.details["subclasses"],
            "estimate": found.effect,
            "se_HC2": found.std_error,
            "se_HC1": errors["hc1"],
            "se_cluster_subclass_HC1": errors["cr1s"],
        },
    )


def test_half_a_million_site_months_give_the_near_null_that_is_known(shared):
    """Staff training in 48 cohorts: the default and two-way effects at the scale that they must bear."""
    spec = {
        "data": "chicago_pj_officer_month.csv.gz",
        "design": "staggered",
        "site": "officer",
        "period": "period",
        "starts": {"column": "first_trained", "never": 0},
        "metric": {"column": "complaints"},
    }
    folder = shared("data", "chicago_pj_officer_month.csv.gz").parent
    found = [estimate(parse_spec({**spec, "estimator": name}), folder) for name in ("default", "twfe")]
    assert all(isinstance(each, Estimate) for each in found), found
    # Known to be near null: both well within two standard errors of nothing.
    assert all(abs(each.effect) < 2 * each.std_error for each in found)  # type: ignore[union-attr,operator]
