"""Other names under which analysts ask for an estimator, beside each estimator's own ``aliases``.

Capitals, hyphens and spaces do not count. A spelling leads to a name that some design offers; a design that does not
offer it refuses, naming those it does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

NAMES: Mapping[str, str] = {
    "welch": "welch_t welch_t_test welch_test t_test ttest unequal_variance unequal_variances welch_mean_difference "
    "difference_in_means difference_of_means diff_in_means mean_difference dim",
    "pooled_t": "pooled pooled_t_test two_sample_t student_t students_t student_t_test equal_variance "
    "equal_variances pooled_variance",
    "site_t": "cluster_means cluster_means_t cluster_t cluster_level cluster_level_t site_means site_means_t",
    "ancova": "analysis_of_covariance ancova_ols ols_ancova",
    "ols": "ols_classical classical classical_ols linear_regression regression least_squares lm",
    "ols_hc0": "hc0 ancova_hc0",
    "ols_hc1": "hc1 ancova_hc1 ols_robust robust",
    "ols_hc2": "hc2 ancova_hc2",
    "ols_hc3": "hc3 ancova_hc3",
    "lin": "lin_interacted lin_ancova lin_interacted_ancova lin_2013 interacted interacted_ancova ancova_interacted "
    "ancova_lin lin_hc2 ols_lin",
    "cuped": "cuped_welch",
    "newcombe": "newcombe_wilson newcombe_hybrid newcombe_score wilson",
    "wald": "wald_z unpooled_z z_unpooled wald_unpooled unpooled two_proportions_wald",
    "pooled_z": "z_pooled z z_test two_proportions two_proportion two_proportion_z two_proportions_z prop_test "
    "two_proportion_z_test two_proportions_z_test proportions_ztest proportion_ztest chi2 chisq chi_squared "
    "chi_square_test chi2_test",
    "delta": "delta_method ratio_delta ratio_metric_delta ratio_delta_method linearised linearized linearisation "
    "linearization ratio",
    "mann_whitney": "mann_whitney_u mann_whitney_u_test mannwhitney mannwhitneyu wilcoxon wilcoxon_rank_sum rank_sum "
    "wilcoxon_mann_whitney wilcoxon_test hodges_lehmann ranks mann_whitney_exact",
    "quantile": "quantile_bootstrap bootstrap quantile_difference quantile_effect quantile_treatment_effect qte",
    "paired_t": "paired paired_t_test paired_ttest t_paired paired_difference paired_differences matched_pairs",
    "cr2": "cluster_robust cluster_robust_cr2 cr2_satterthwaite clustered cluster bell_mccaffrey crve ols_cluster "
    "ols_cr2 cluster_robust_satterthwaite",
    "cr0": "cluster_robust_cr0 liang_zeger",
    "cr1": "cluster_robust_cr1 ols_cr1",
    "cr1s": "cluster_robust_cr1s stata",
    "cr3": "cluster_robust_cr3 jackknife_cr3",
    "wild_bootstrap": "wild wild_cluster wild_cluster_restricted cluster_bootstrap wcb wcr wcr11",
    "mixed_model": "mixed mixed_effects mixed_effects_model mixed_model_reml mixed_model_few_clusters mixed_lm lme "
    "lmer linear_mixed linear_mixed_model linear_mixed_effects random_effects random_intercept multilevel hierarchical "
    "kenward_roger stepped_wedge_mixed",
    "blocked": "block blocked_ols block_ols ols_blocked ols_block randomised_block randomized_block "
    "randomised_complete_block",
    "permutation": "permutation_test randomisation randomization randomisation_test randomization_test "
    "randomisation_inference randomization_inference fisher_randomisation",
    "miettinen_nurminen": "mn score score_interval",
    "negative_binomial": "negbin neg_binomial nb nb2 negativebinomial",
    "poisson": "its_poisson poisson_regression poisson_rate poisson_rates",
    "log_rank": "logrank mantel",
    "rmst": "restricted_mean restricted_mean_survival_time survival",
    "dunnett": "dunnett_t dunnett_test",
    # over time
    "did": "did_2x2 2x2 2x2_did did2x2 diff_in_diff difference_in_difference difference_in_differences "
    "differences_in_differences did_regression did_ols dd",
    "change_regression": "change_score_regression first_difference first_differences",
    "change": "change_score change_scores gain_score gain_scores",
    "bracket": "before_after",
    "twfe": "two_way_fixed_effects two_way_fe two_ways_fe twfe_panel fixed_effects panel_fe fe feols",
    "fixed_effects": "stepped_wedge_fixed_effects wls weighted_ols weighted_least_squares itt ols_fixed_effects",
    "iv": "instrumental_variable instrumental_variables tsls two_stage 2sls",
    "event_study": "dynamic event_time",
    "callaway_santanna": "callaway callaway_sant_anna callaway_and_santanna callawaysantanna group_time group_time_att "
    "att_gt did_callaway_santanna csdid",
    "sun_abraham": "sa sun_and_abraham sunabraham interaction_weighted iw",
    "imputation": "borusyak did_imputation imputation_did bjs borusyak_jaravel_spiess gardner",
    "simplex": "abadie_simplex scm sc_outcome_only synthetic_control_outcome_only outcome_only",
    "adh": "abadie abadie_diamond_hainmueller synthetic_control_predictors with_predictors sc_predictors sc_adh",
    "sdid": "synthetic_difference_in_differences synthetic_diff_in_diff",
    "newey_west": "neweywest segmented_newey_west its_newey_west its_segmented_newey_west nw segmented_hac",
    "segmented": "segmented_regression segmented_ols its_segmented its_ols",
    "quasipoisson": "quasi_poisson its_quasipoisson",
    "glsar": "gls ar1 gls_ar1 prais_winsten",
    "exact": "exact_matching exact_match match_exact exact_matching_att",
    "entropy_balance": "entropy_balancing ebal entropy",
    "matching": "match nearest nearest_neighbour nearest_neighbor",
}

MEANT: Mapping[str, tuple[str, ...]] = {
    spelling: tuple(name for name, others in NAMES.items() if spelling in others.split())
    for spelling in {other for others in NAMES.values() for other in others.split()}
}


def plain(name: str) -> str:
    """The name in small letters, its words joined by underscores."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def meant(name: str) -> tuple[str, ...]:
    """The names to look for, the one that was written first."""
    written = plain(name)
    return (written, *MEANT.get(written, ()))
