"""Other words in which analysts put a calculation: keys, methods, counts by arm. The models stay strict."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from stats.designs.spellings import plain

POWER_KEYS = {
    "delta": "effect",
    "difference": "effect",
    "d": "effect_size",
    "cohens_d": "effect_size",
    "standard_deviation": "sd",
    "sigma": "sd",
    "std": "sd",
    "baseline": "base_rate",
    "baseline_rate": "base_rate",
    "kind": "metric",
    "metric_kind": "metric",
    "n_per_arm": "n",
    "clusters": "sites",
    "clusters_per_arm": "sites",
    "sites_per_arm": "sites",
    "m": "cluster_size",
    "sig_level": "alpha",
    "significance": "alpha",
    "ratio": "allocation",
}
KEYS: Mapping[str, Mapping[str, str]] = {
    "power": POWER_KEYS,
    "sample_size": POWER_KEYS,
    "mde": POWER_KEYS,
    "boundaries": {
        **dict.fromkeys(
            ("k", "n_looks", "number_of_looks", "fractions", "information", "info", "t", "timing"), "looks"
        ),
        "alternative": "sides",
        "method": "spending",
        "type": "spending",
    },
    "adjust": {**dict.fromkeys(("p_values", "pvalues", "p_value"), "p"), "adjust": "method", "correction": "method"},
    "pool": {
        **dict.fromkeys(("yi", "estimates"), "effects"),
        "vi": "variances",
        **dict.fromkeys(("std_error", "standard_errors", "se", "ses", "sei"), "std_errors"),
        **dict.fromkeys(("knapp_hartung", "hksj"), "hartung_knapp"),
        "model": "method",
        "level": "confidence",
    },
    "sample_ratio": {
        "counts": "observed",
        **dict.fromkeys(("ratio", "ratios", "expected_ratio", "expected_shares", "split"), "expected"),
        "alpha": "threshold",
    },
}
"""By kind of calculation: a key that is not ours, and ours."""

ONE, TWO = "one_sided", "two_sided"
SIDES = {
    **dict.fromkeys(("greater", "less", "larger", "smaller", "one_tailed", "one"), ONE),
    **dict.fromkeys(("two_tailed", "two", "unequal"), TWO),
}
POOLS = {
    **dict.fromkeys(("fixed_effect", "fixed_effects", "fe", "common", "common_effect", "inverse_variance"), "fixed"),
    **dict.fromkeys(("dl", "der_simonian_laird", "dersimonian_and_laird"), "dersimonian_laird"),
    "pm": "paule_mandel",
    **dict.fromkeys(("random", "random_effects", "re"), "reml"),
}
VALUES: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "power": {"alternative": SIDES},
    "sample_size": {"alternative": SIDES},
    "mde": {"alternative": SIDES},
    "boundaries": {
        "sides": {TWO: 2, ONE: 1, **{word: 1 if side == ONE else 2 for word, side in SIDES.items()}},
        "spending": {
            **dict.fromkeys(
                (
                    "obf",
                    "of",
                    "o_brien_fleming",
                    "ldof",
                    "lan_demets",
                    "lan_demets_obf",
                    "lan_demets_obrien_fleming",
                    "obrien_fleming_spending",
                ),
                "obrien_fleming",
            ),
            **dict.fromkeys(("ldp", "lan_demets_pocock", "pocock_spending"), "pocock"),
            **dict.fromkeys(("classical_obrien_fleming", "classical_obf"), "classical"),
            **dict.fromkeys(("kim_demets", "power_family"), "power"),
        },
    },
    "adjust": {"method": dict.fromkeys(("bh", "fdr", "fdr_bh", "benjamini_hochberg_fdr"), "benjamini_hochberg")},
    "pool": {"method": POOLS},
}
"""By kind of calculation and key: a word that is not ours, and ours."""
PER_ARM = ("n", "mean", "variance")


def in_our_words(kind: str, spec: Mapping[str, Any]) -> dict[str, Any]:
    """``spec`` with our keys and words in place of others' where they mean the same; what is not known stays."""
    keys, values = KEYS.get(kind, {}), VALUES.get(kind, {})
    read = {_key(str(name), keys, spec): value for name, value in spec.items()}
    for key, value in read.items():
        if key in values and isinstance(value, str):
            read[key] = values[key].get(plain(value), plain(value))
    if kind == "sample_ratio":
        read = _counts(read)
    return _by_arm(read) if kind == "confidence_sequence" else read


def _key(name: str, keys: Mapping[str, str], spec: Mapping[str, Any]) -> str:
    ours = keys.get(name, name)
    taken = ours != name and (ours in spec or sum(keys.get(str(other)) == ours for other in spec) > 1)
    return name if taken else ours


def _counts(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Counts by arm as lists, in the order of ``observed``; shares such as 1/3 as numbers."""
    read = dict(spec)
    observed, expected = read.get("observed"), read.get("expected")
    if isinstance(observed, Mapping):
        read["observed"] = list(observed.values())
        if isinstance(expected, Mapping) and set(expected) == set(observed):
            read["expected"] = [expected[arm] for arm in observed]
    if isinstance(read.get("expected"), list):
        read["expected"] = [_share(value) for value in read["expected"]]
    return read


def _share(value: Any) -> Any:
    try:
        return float(Fraction(value)) if isinstance(value, str) else value
    except (ValueError, ZeroDivisionError):
        return value


def _by_arm(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Arms first, then figures: from ``n: {control, treatment}`` or from ``n_control``, ``n_treatment``."""
    if "control" in spec or "treatment" in spec:
        return dict(spec)
    arms = ("control", "treatment")
    if all(isinstance(spec.get(name), Mapping) and set(spec[name]) == set(arms) for name in PER_ARM):
        found = {arm: {name: spec[name][arm] for name in PER_ARM} for arm in arms}
        used = set(PER_ARM)
    elif all(f"{name}_{arm}" in spec for name in PER_ARM for arm in arms):
        found = {arm: {name: spec[f"{name}_{arm}"] for name in PER_ARM} for arm in arms}
        used = {f"{name}_{arm}" for name in PER_ARM for arm in arms}
    else:
        return dict(spec)
    return {**{key: value for key, value in spec.items() if key not in used}, **found}
