"""Degrees of freedom of a mixed model with few groups: Satterthwaite, and Kenward & Roger with their standard errors.

Source: Kenward & Roger (1997), Biometrics 53, 983-997; Halekoh & Hojsgaard (2014), J. Stat. Softw. 59(9), section 3;
Satterthwaite as in Kuznetsova et al. (2017), J. Stat. Softw. 82(13), eq. 6.
The variance of y is linear in its components, V = sum_i s_i V_i, so that the term R_ij of Kenward & Roger is zero.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stats.methods.mixed_model import CrossProducts, MixedFit

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class SmallSample:
    """What both corrections need, for the C components that are not at the boundary (residual last).

    p: (C, K, K) derivatives -P_i of the information; covariance: (C, C) of the components (expected information);
    observed: the same from the observed information; plain, adjusted: (K, K) covariance of the coefficients, without
    and with the correction of Kenward & Roger.
    """

    p: Floats
    covariance: Floats
    observed: Floats
    adjusted: Floats
    plain: Floats


@dataclass(frozen=True, kw_only=True)
class FTest:
    """Test that several coefficients are all zero: F with (ndf, ddf) degrees of freedom."""

    statistic: float
    ndf: int
    ddf: float
    p_value: float


def small_sample(fit: MixedFit) -> SmallSample:
    """Derivatives, information matrices and the adjusted covariance."""
    powers = _Powers(fit)
    parts = [*fit.inside, None]
    phi = fit.covariance
    p = np.stack([-powers.sandwich(part) for part in parts])
    q = [[powers.double_sandwich(first, second) for second in parts] for first in parts]
    expected = np.array([[powers.trace(first, second, phi) for second in parts] for first in parts]) / 2
    squares = np.array([[powers.residual(fit.coefficients, phi, a, b) for b in parts] for a in parts])
    covariance = np.asarray(np.linalg.pinv(expected), dtype=float)
    extra = sum(covariance[i, j] * (q[i][j] - p[i] @ phi @ p[j]) for i in range(len(parts)) for j in range(len(parts)))
    return SmallSample(
        p=p,
        covariance=covariance,
        observed=np.asarray(np.linalg.pinv(squares - expected), dtype=float),
        adjusted=phi + 2 * phi @ extra @ phi,
        plain=phi,
    )


class _Powers:
    """Products A' V^-m B of the columns, by Woodbury: s2^m V^-m = I - Z T_m Z' (weighted columns throughout)."""

    def __init__(self, fit: MixedFit) -> None:
        self.data: CrossProducts = fit.data
        self.scale = float(fit.variances[-1])
        root = np.sqrt(fit.variances[:-1][self.data.factor] / self.scale)
        inner = np.eye(len(root)) + root[:, None] * self.data.zz * root[None, :]
        first = root[:, None] * np.linalg.inv(inner) * root[None, :]
        self.t: list[Floats] = [np.zeros_like(first), first]
        for _ in range(2):
            self.t.append(first + self.t[-1] - first @ self.data.zz @ self.t[-1])
        self.members = [np.flatnonzero(self.data.factor == index) for index in range(int(self.data.factor.max()) + 1)]

    def xx(self, m: int) -> Floats:
        return (self.data.xx - self.data.xz @ self.t[m] @ self.data.xz.T) / self.scale**m

    def xz(self, m: int) -> Floats:
        return (self.data.xz - self.data.xz @ self.t[m] @ self.data.zz) / self.scale**m

    def zz(self, m: int) -> Floats:
        return (self.data.zz - self.data.zz @ self.t[m] @ self.data.zz) / self.scale**m

    def sandwich(self, part: int | None) -> Floats:
        """X' V^-1 V_i V^-1 X; V_i = Z_i Z_i', or the identity for the residual (None)."""
        if part is None:
            return self.xx(2)
        columns = self.xz(1)[:, self.members[part]]
        return columns @ columns.T

    def double_sandwich(self, first: int | None, second: int | None) -> Floats:
        """X' V^-1 V_i V^-1 V_j V^-1 X, made symmetric."""
        if first is None and second is None:
            return self.xx(3)
        if first is None or second is None:
            which = self.members[first if first is not None else second]  # type: ignore[index]
            product = self.xz(2)[:, which] @ self.xz(1)[:, which].T
        else:
            a, b = self.members[first], self.members[second]
            product = self.xz(1)[:, a] @ self.zz(1)[np.ix_(a, b)] @ self.xz(1)[:, b].T
        return (product + product.T) / 2

    def trace(self, first: int | None, second: int | None, phi: Floats) -> float:
        """tr(P V_i P V_j), with P = V^-1 - V^-1 X phi X' V^-1."""
        if first is not None and second is not None:
            a, b = self.members[first], self.members[second]
            zpz = self.zz(1)[np.ix_(a, b)] - self.xz(1)[:, a].T @ phi @ self.xz(1)[:, b]
            return float((zpz**2).sum())
        if first is None and second is None:
            trace = (self.data.n - float((self.t[2] * self.data.zz).sum())) / self.scale**2
            inner = phi @ self.xx(2)
            return float(trace - 2 * (phi * self.xx(3)).sum() + np.trace(inner @ inner))
        which = self.members[first if first is not None else second]  # type: ignore[index]
        one, two = self.xz(1)[:, which], self.xz(2)[:, which]
        zppz = np.diag(self.zz(2))[which].sum() - 2 * (one * (phi @ two)).sum()
        return float(zppz + (one * (phi @ self.xx(2) @ phi @ one)).sum())

    def residual(self, beta: Floats, phi: Floats, first: int | None, second: int | None) -> float:
        """r' V^-1 V_i P V_j V^-1 r with r = y - X beta."""
        zr = [self._left(beta, m) for m in (0, 1, 2, 3)]
        a, xa = self._carried(zr, first)
        b, xb = self._carried(zr, second)
        return self._between(zr, first, second, a, b) - float(xa @ phi @ xb)

    def _left(self, beta: Floats, m: int) -> tuple[Floats, Floats, float]:
        """(X' V^-m r, Z' V^-m r, r' V^-m r)."""
        d = self.data
        zr, xr = d.zy - d.xz.T @ beta, d.xy - d.xx @ beta
        rr = d.yy - 2 * float(beta @ d.xy) + float(beta @ d.xx @ beta)
        t = self.t[m]
        return (
            (xr - d.xz @ t @ zr) / self.scale**m,
            (zr - d.zz @ t @ zr) / self.scale**m,
            (rr - float(zr @ t @ zr)) / self.scale**m,
        )

    def _carried(self, r: list[tuple[Floats, Floats, float]], part: int | None) -> tuple[Floats | None, Floats]:
        """(Z_i' V^-1 r, X' V^-1 V_i V^-1 r)."""
        if part is None:
            return None, r[2][0]
        own = r[1][1][self.members[part]]
        return own, self.xz(1)[:, self.members[part]] @ own

    def _between(
        self,
        r: list[tuple[Floats, Floats, float]],
        first: int | None,
        second: int | None,
        a: Floats | None,
        b: Floats | None,
    ) -> float:
        """r' V^-1 V_i V^-1 V_j V^-1 r."""
        if first is None and second is None:
            return r[3][2]
        if first is not None and second is not None:
            return float(a @ self.zz(1)[np.ix_(self.members[first], self.members[second])] @ b)  # type: ignore[operator]
        part, own = (first, a) if first is not None else (second, b)
        return float(own @ r[2][1][self.members[part]])  # type: ignore[index,operator]


def satterthwaite_df(small: SmallSample, position: int) -> float:
    """2 Var^2 / variance of Var, for the variance of one coefficient (unadjusted)."""
    column = small.plain[:, position]
    gradient = -np.array([column @ p @ column for p in small.p])
    return float(2 * small.plain[position, position] ** 2 / (gradient @ small.observed @ gradient))


def kenward_roger(fit: MixedFit, small: SmallSample, positions: list[int]) -> FTest:
    """F test of the coefficients at ``positions``; for one of them F is t squared on ``ddf`` degrees of freedom."""
    from scipy.special import fdtrc

    phi, q = small.plain, len(positions)
    pick = np.eye(len(phi))[positions]
    theta = pick.T @ np.linalg.inv(pick @ phi @ pick.T) @ pick
    moved = [theta @ phi @ p @ phi for p in small.p]
    w = small.covariance
    pairs = [(i, j) for i in range(len(moved)) for j in range(len(moved))]
    a1 = sum(w[i, j] * np.trace(moved[i]) * np.trace(moved[j]) for i, j in pairs)
    a2 = sum(w[i, j] * np.trace(moved[i] @ moved[j]) for i, j in pairs)
    ddf, scaling = _matched(float(a1), float(a2), q)
    effect = fit.coefficients[positions]
    wald = float(effect @ np.linalg.inv(pick @ small.adjusted @ pick.T) @ effect) / q
    return FTest(statistic=scaling * wald, ndf=q, ddf=ddf, p_value=float(fdtrc(q, ddf, scaling * wald)))


def _matched(a1: float, a2: float, q: int) -> tuple[float, float]:
    """(ddf, scaling) that match the first two moments of F (Kenward & Roger 1997, section 3)."""
    b = (a1 + 6 * a2) / (2 * q)
    g = ((q + 1) * a1 - (q + 4) * a2) / ((q + 2) * a2)
    below = 3 * q + 2 * (1 - g)
    c1, c2, c3 = g / below, (q - g) / below, (q + 2 - g) / below
    v0, v1, v2 = 1 + c1 * b, 1 - c2 * b, 1 - c3 * b
    v0 = 0.0 if abs(v0) < 1e-10 else v0
    rho = ((1 - a2 / q) / v1) ** 2 * v0 / v2 / q
    ddf = 4 + (q + 2) / (q * rho - 1)
    return float(ddf), 1.0 if abs(ddf - 2) < 1e-2 else float(ddf * (1 - a2 / q) / (ddf - 2))
