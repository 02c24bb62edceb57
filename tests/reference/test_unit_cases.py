"""Published and recomputed answers for units: each case's keys mapped to ours, in one place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stats.engine import estimate, parse_spec
from stats.results import Estimate, NotEstimable

pytestmark = pytest.mark.shared


@pytest.fixture(scope="module")
def answer(shared) -> Callable[..., Estimate]:
    """One estimate as ``pilot estimate`` makes it: a specification in, a result (one an arm) out."""
    folder = shared("cases", "data")

    def run(data: str, arm: tuple[str, Any, Any], metric: Any, estimator: str = "default", **further: Any) -> Any:
        column, treatment, control = arm
        spec = parse_spec(
            {
                "data": data,
                "design": "randomised_units",
                "arm": {"column": column, "treatment": treatment, "control": control},
                "metric": metric if isinstance(metric, dict) else {"kind": "mean", "column": metric},
                "estimator": estimator,
                **further,
            }
        )
        result = estimate(spec, folder)
        assert not isinstance(result, NotEstimable), result
        return result

    return run


def assert_case(case: Any, ours: dict[str, Any]) -> None:
    case.agrees(ours)


def named(result: Estimate, **further: Any) -> dict[str, Any]:
    """Our fields under the names that the cases use for them."""
    return {
        "estimate": result.effect,
        "se": result.std_error,
        "t": result.details.get("statistic"),
        "df": result.df,
        "p_value": result.p_value,
        "ci_low": result.ci_lower,
        "ci_high": result.ci_upper,
        "n_treatment": result.n_treatment,
        "n_control": result.n_control,
        "mean_treatment": result.mean_treatment,
        "mean_control": result.mean_control,
        **further,
    }


SLEEP = ("group", 2, 1)


def test_welch_on_student_s_sleep_data(cases, answer):
    assert_case(cases["welch_sleep"], named(answer("sleep.csv", SLEEP, "extra")))


def test_welch_on_spend_of_forty_thousand_customers(cases, answer):
    result = answer("hillstrom.csv", ("segment", "mens", "none"), "spend", "welch")
    assert_case(cases["welch_hillstrom_spend_mens"], named(result))


def share_keys(result: Estimate) -> dict[str, Any]:
    found = result.details
    return named(
        result,
        p_treatment=result.mean_treatment,
        p_control=result.mean_control,
        se_unpooled=result.std_error,
        z_pooled=found["z_pooled"],
        chi2=found["z_pooled"] ** 2,
        **{key: found[key] for key in ("x_treatment", "x_control", "risk_ratio", "odds_ratio")},
        **{f"{name}_ci_low": found[f"{name}_ci_lower"] for name in ("newcombe", "risk_ratio", "odds_ratio")},
        **{f"{name}_ci_high": found[f"{name}_ci_upper"] for name in ("newcombe", "risk_ratio", "odds_ratio")},
    )


def test_callbacks_to_resumes_by_name(cases, answer):
    arm, metric = ("ethnicity", "afam", "cauc"), {"kind": "share", "column": "call"}
    assert_case(cases["prop_resume_callback"], share_keys(answer("resume.csv", arm, metric, "pooled_z")))
    default = answer("resume.csv", arm, metric)
    expected = cases["prop_resume_callback"]["expected"]
    assert default.ci_lower == pytest.approx(expected["newcombe_ci_low"], rel=1e-6)
    assert default.p_value == pytest.approx(expected["p_value"], rel=1e-6)


def test_polio_cases_given_as_counts(cases, answer):
    metric = {
        "kind": "share",
        "numerator": ["Paralytic", "NonParalytic", "FalseReports"],
        "denominator": "Population",
    }
    result = answer("polio_trials.csv", ("Group", "Vaccinated", "Placebo"), metric, "pooled_z")
    assert_case(cases["prop_polio_rare"], share_keys(result))


def test_spend_per_visit_by_the_delta_method(cases, answer):
    metric = {"kind": "ratio", "numerator": "spend", "denominator": "visit"}
    result = answer("hillstrom.csv", ("segment", "womens", "none"), metric)
    ours = named(
        result,
        ratio_treatment=result.mean_treatment,
        ratio_control=result.mean_control,
        se_treatment=result.details["std_error_treatment"],
        se_control=result.details["std_error_control"],
        z=result.details["statistic"],
        relative_lift=result.relative.effect,
        log_ratio_se=result.details["log_ratio_std_error"],
        relative_se_delta=result.details["relative_std_error"],
    )
    assert_case(cases["ratio_hillstrom_spend_per_visit"], ours)


def test_cuped_on_family_therapy_for_anorexia(cases, answer):
    result = answer("anorexia.csv", ("Treat", "FT", "Cont"), "Postwt", "cuped", pre="Prewt")
    ours = named(
        result,
        theta=result.details["theta"],
        correlation=result.details["correlation"],
        estimate_unadjusted=result.details["unadjusted_effect"],
        se_unadjusted=result.details["unadjusted_std_error"],
        variance_reduction=result.details["variance_reduction"],
    )
    assert_case(cases["cuped_anorexia_ft"], ours)


def test_three_treatments_of_anorexia_by_ancova(cases, answer):
    cbt, ft = answer("anorexia.csv", ("Treat", ["CBT", "FT"], "Cont"), "Postwt", "ancova", pre="Prewt")
    ours = {
        "estimate_FT_vs_Cont": ft.effect,
        "se_FT": ft.std_error,
        "t_FT": ft.details["statistic"],
        "p_FT": ft.p_value,
        "ci_low_FT": ft.ci_lower,
        "ci_high_FT": ft.ci_upper,
        "df": ft.df,
        "estimate_CBT_vs_Cont": cbt.effect,
        "se_CBT": cbt.std_error,
        "p_CBT": cbt.p_value,
        "se_FT_HC2": ft.details["std_errors"]["hc2"],
        "se_FT_HC3": ft.details["std_errors"]["hc3"],
        "se_CBT_HC2": cbt.details["std_errors"]["hc2"],
        "coef_Prewt": ft.details["coefficients"]["Prewt"]["estimate"],
    }
    assert_case(cases["ancova_anorexia"], ours)


def test_student_support_adjusted_with_own_slopes(cases, answer):
    result = answer("alo_star_men.csv", ("ssp", 1, 0), "GPA_year1", "lin", pre="gpa0")
    ours = named(result, n=result.details["n"], se_HC2=result.std_error, se_HC3=result.details["std_errors"]["hc3"])
    assert_case(cases["lin_ancova_alo_gpa"], ours)


def test_student_support_is_not_worse_by_three_tenths_of_a_grade(cases, answer):
    test = {"kind": "noninferiority", "margin": 0.3}
    result = answer("alo_star_men.csv", ("ssp", 1, 0), "GPA_year1", test=test)
    lower = result.at_level(0.025).lower
    ours = named(
        result, t_ni=result.details["t_margin"], p_ni=result.p_value, lower_one_sided=lower, non_inferior=lower > -0.3
    )
    assert_case(cases["ni_alo_gpa_ssp"], ours)


def test_visits_by_womens_mail_against_a_margin_of_four_points(cases, answer):
    arm, metric = ("segment", "womens", "mens"), {"kind": "share", "column": "visit"}
    test = {"kind": "noninferiority", "margin": 0.04}
    wald = answer("hillstrom.csv", arm, metric, "wald", test=test)
    score = answer("hillstrom.csv", arm, metric, "farrington_manning", test=test)
    ours = {
        "estimate": wald.effect,
        "z_wald": wald.details["t_margin"],
        "p_wald": wald.p_value,
        "wald_lower_975": wald.at_level(0.025).lower,
        "z_farrington_manning": score.details["z_margin"],
        "p_farrington_manning": score.p_value,
    }
    assert_case(cases["ni_hillstrom_visit"], ours)


def test_two_drugs_are_not_shown_equivalent(cases, answer):
    result = answer("sleep.csv", SLEEP, "extra", test={"kind": "equivalence", "margin": 0.5})
    ours = {
        "estimate": result.effect,
        "se": result.std_error,
        "df": result.df,
        "p_tost": result.p_value,
        "ci90_low": result.ci_lower,
        "ci90_high": result.ci_upper,
        **{key: result.details[key] for key in ("t_lower", "p_lower", "t_upper", "p_upper")},
    }
    assert_case(cases["tost_sleep_independent"], ours)


def test_quantiles_of_earnings_after_job_training(cases, answer):
    ours = {}
    for q in (0.5, 0.75, 0.9):
        result = answer("nsw.csv", ("treat", 1, 0), {"kind": "quantile", "column": "re78", "q": q})
        ours[f"tau_{q}.estimate_type7"] = result.effect
        ours[f"tau_{q}.bootstrap_se"] = result.std_error
    assert_case(cases["qte_nsw_earnings"], ours)


def test_ozone_in_may_and_august_by_ranks_with_ties(cases, answer):
    result = answer("airquality_may_aug.csv", ("Month", 5, 8), "Ozone", "mann_whitney")
    found = result.details
    ours = {
        "n_may": result.n_treatment,
        "n_aug": result.n_control,
        "W_may": found["u_treatment"],
        "W_aug": found["u_control"],
        "p_value_continuity": result.p_value,
        "p_value_no_continuity": found["p_no_continuity"],
        "p_value_exact_ties": found["p_exact"],
        "hodges_lehmann_may_minus_aug": result.effect,
        "ci_low": result.ci_lower,
        "ci_high": result.ci_upper,
    }
    assert_case(cases["mw_airquality"], ours)


def test_permeability_at_term_by_exact_ranks(cases, answer):
    result = answer("permeability.csv", ("group", "term", "early"), "permeability", "mann_whitney")
    ours = {
        "W": result.details["u_treatment"],
        "p_value_greater_exact": result.details["p_greater"],
        "p_value_two_sided_exact": result.p_value,
        "hodges_lehmann": result.effect,
        "ci_low": result.ci_lower,
        "ci_high": result.ci_upper,
        "ci_level": result.confidence,
    }
    assert_case(cases["mw_exact_permeability"], ours)


def test_two_drugs_taken_by_the_same_people(cases, answer):
    result = answer("sleep.csv", SLEEP, "extra", pair="id")
    assert_case(cases["paired_sleep"], named(result, n_pairs=result.n_treatment))


def test_nitrogen_on_peas_in_six_blocks(cases, answer):
    result = answer("npk.csv", ("N", 1, 0), "yield", "ancova", strata=["block"], covariates=["P", "K"])
    others = result.details["coefficients"]
    ours = {
        "estimate_N": result.effect,
        "se_N": result.std_error,
        "t_N": result.details["statistic"],
        "p_N": result.p_value,
        "df": result.df,
        "ci_low_N": result.ci_lower,
        "ci_high_N": result.ci_upper,
        "estimate_K": others["K"]["estimate"],
        "p_K": others["K"]["p_value"],
        "estimate_P": others["P"]["estimate"],
        "p_P": others["P"]["p_value"],
    }
    assert_case(cases["blocked_npk"], ours)


def test_exam_results_of_girls_by_school_with_cr2(cases, answer):
    result = answer(
        "achievement_awards.csv",
        ("treated", 1, 0),
        "Bagrut_status",
        cluster="school_id",
        filter="year == 2001 and sex == 'G'",
    )
    ours = {
        "estimate": result.effect,
        "se_CR2": result.std_error,
        "df_satterthwaite_CR2": result.df,
        "p_value_CR2_satterthwaite": result.p_value,
        "t_CR2": result.details["statistic"],
        "ci_low_CR2": result.ci_lower,
        "ci_high_CR2": result.ci_upper,
        "n_clusters": result.details["clusters"],
        "n": result.details["units_control"] + result.details["units_treatment"],
    }
    case = cases["cr2_achievement_unadjusted"]
    case.agrees(ours, in_part=True)
