"""A wall of bone across its profile: where both faces are, how thick it is, and how well that is known.

Along a normal the scan shows a left plateau, the wall and a right plateau, blurred:

    I(x) = L + (B - L) Phi((x - a) / s) + (R - B) Phi((x - b) / s)

with the faces at a < b, the width s of the blur and the grey value B of bone. A wall thinner than the blur shows the
product of thickness and density only, so B comes from where walls are thick (Treece, Gee, Mayhew and Poole, High
resolution cortical bone thickness measurement from clinical CT data, Med. Image Anal. 14, 2010, doi
10.1016/j.media.2010.01.003). The start of the fit solves the profile's two first moments in closed form, as in Museyko
et al. (2017, doi 10.1371/journal.pone.0187097). The rest are priors: wide where the profile says more, decisive where not.
"""

from dataclasses import dataclass, fields, replace

import numpy as np

from ..config.wall_settings import wall_settings

_SET = wall_settings().profile

OUTWARD_MM, INWARD_MM = _SET.outward_mm, _SET.inward_mm  # how far a profile goes from the surface


@dataclass(frozen=True)
class Profiles:
    """Grey `values` (n, m) float32 at depths `x` (m,) mm, inwards along the normals of a surface, between voxels linearly;
    `voxels` (n, l m) float32 are those of the voxels nearest to these places, and to those of l - 1 lines beside, whose own
    depths are `depths` (n, l m) mm: what a slice misses of a wall the next one shows a little further along it.
    `width` (n,) mm is that of the blur along the normals, without interpolation."""

    values: np.ndarray
    x: np.ndarray
    voxels: np.ndarray
    depths: np.ndarray
    width: np.ndarray

    def chosen(self, rows: np.ndarray) -> "Profiles":
        """Those of some rows."""
        return Profiles(self.values[rows], self.x, self.voxels[rows], self.depths[rows], self.width[rows])


@dataclass(frozen=True)
class Prior:
    """What is known before: the grey value of `bone` (n,) within `bone_sd` (n,), the contrast of bone and the standard
    deviation of the noise; both in grey values. `free_width`: the blur's width is sought too."""

    bone: np.ndarray
    bone_sd: np.ndarray
    contrast: float
    noise: float
    free_width: bool = False

    def chosen(self, rows: np.ndarray) -> "Prior":
        """That of some rows."""
        return replace(self, bone=self.bone[rows], bone_sd=self.bone_sd[rows])


@dataclass(frozen=True)
class WallFit:
    """Faces at depths `outer` and `inner` (n,) mm, with the standard deviations of outer and thickness; the grey values
    `left` (outside), `bone` and `right`; `width` of the blur. `good`: a wall with two faces that the model describes.
    `peak` and `drop`: the brightest grey value, and by how much it exceeds the side beyond; `single_misfit`: root mean square
    misfit, infinite where the window is cut (all three of every profile)."""

    outer: np.ndarray
    inner: np.ndarray
    outer_sd: np.ndarray
    thickness_sd: np.ndarray
    left: np.ndarray
    bone: np.ndarray
    bone_sd: np.ndarray
    right: np.ndarray
    width: np.ndarray
    good: np.ndarray
    peak: np.ndarray
    drop: np.ndarray
    single_misfit: np.ndarray

    @property
    def thickness(self) -> np.ndarray:
        """(n,) mm."""
        return self.inner - self.outer


@dataclass(frozen=True)
class _Window:
    """The part of each profile that shows one wall: `use` (n, m) and the plateaus of its sides with their uncertainty."""

    use: np.ndarray
    left: np.ndarray
    right: np.ndarray
    left_sd: np.ndarray
    right_sd: np.ndarray
    peak: np.ndarray

    def chosen(self, rows: np.ndarray) -> "_Window":
        """Those of some rows."""
        return _Window(*(getattr(self, field.name)[rows] for field in fields(self)))


def fitted_walls(profiles: Profiles, prior: Prior) -> WallFit:
    """The model fitted to the profiles that may be walls: that are darker on both sides of their brightest place. Where one
    shows air and no wall (the lung behind a pleura), to what lies next to its brightest place. The others are not good."""
    windows = _window(profiles, prior, np.inf)
    fit = _unfitted(windows, profiles)
    rows = np.flatnonzero(_stands_out(windows, prior))
    found = _fitted(profiles.chosen(rows), prior.chosen(rows), windows.chosen(rows))
    _enter(fit, rows, found, np.ones(len(rows), dtype=bool))
    air = np.minimum(windows.left, windows.right) < prior.bone - _SET.air * prior.contrast
    for reach in _SET.narrower_mm:
        rows = np.flatnonzero(~fit.good & np.isfinite(fit.outer) & air)
        if not len(rows):
            break
        some, known = profiles.chosen(rows), prior.chosen(rows)
        found = _fitted(some, known, _window(some, known, reach))
        _enter(fit, rows, found, found.good)
    return fit


def fitted_profiles(profiles: Profiles, prior: Prior) -> WallFit:
    """The model fitted to every profile as a whole, those of solid bone too."""
    return _fitted(profiles, prior, _window(profiles, prior, np.inf))


def _unfitted(window: _Window, profiles: Profiles) -> WallFit:
    """A fit of which nothing is known but what the windows show."""
    nothing = [np.full(len(window.peak), np.nan) for _ in range(6)]
    a, b, a_sd, t_sd, bone, bone_sd = nothing
    good = np.zeros(len(window.peak), dtype=bool)
    left, right, width = window.left.copy(), window.right.copy(), profiles.width.copy()
    drop = window.peak - window.right
    return WallFit(
        a, b, a_sd, t_sd, left, bone, bone_sd, right, width, good, window.peak, drop, np.full(len(a), np.inf)
    )


def _enter(fit: WallFit, rows: np.ndarray, found: WallFit, which: np.ndarray) -> None:
    """Puts those of what was `found` for some rows into the whole."""
    for field in fields(WallFit):
        getattr(fit, field.name)[rows[which]] = getattr(found, field.name)[which]


def _stands_out(window: _Window, prior: Prior) -> np.ndarray:
    """(n,) bool: profiles whose brightest place exceeds both sides."""
    least = max(0.05 * prior.contrast, 2.0 * prior.noise)
    return np.asarray(window.peak - np.maximum(window.left, window.right) >= least)


def _most_misfit(prior: Prior) -> float:
    return max(2.5 * prior.noise, _SET.misfit * prior.contrast)


def _fitted(profiles: Profiles, prior: Prior, window: _Window) -> WallFit:
    """The model fitted to what the windows show."""
    start = _start(profiles, prior, window)
    parameters, covariance, misfit = _least_squares(profiles, prior, window, start)
    a, b, left, bone, right, width = parameters.T
    sd = np.sqrt(np.maximum(np.einsum("npp->np", covariance), 0.0))
    thickness_sd = np.sqrt(np.maximum(sd[:, 0] ** 2 + sd[:, 1] ** 2 - 2.0 * covariance[:, 0, 1], 0.0))
    good = (
        (misfit <= _most_misfit(prior))
        & _stands_out(window, prior)
        & (b < np.minimum(_ends(window.use, profiles.x), profiles.x[-1] - 0.5))
        & (a > profiles.x[0] + 0.3)
        & (b - a > 2.0 * _SET.thinnest_mm)
        & (bone > 0.5 * prior.bone)
    )
    single = np.where(window.use.all(axis=1), misfit, np.inf)
    drop = window.peak - window.right
    return WallFit(a, b, sd[:, 0], thickness_sd, left, bone, sd[:, 3], right, width, good, window.peak, drop, single)


def _window(profiles: Profiles, prior: Prior, reach: float) -> _Window:
    """Cut off where the profile rises again on the far side of a valley, and `reach` mm from its brightest place."""
    y, x = profiles.values, profiles.x
    n, m = y.shape
    smooth = y.copy()
    smooth[:, 1:-1] = (y[:, :-2] + 2.0 * y[:, 1:-1] + y[:, 2:]) / 4.0
    near = np.flatnonzero((x >= _SET.near_mm[0]) & (x <= _SET.near_mm[1]))
    at = near[0] + smooth[:, near].argmax(axis=1)
    rise = max(_SET.rise * prior.contrast, _SET.rise_noises * prior.noise)
    column = np.arange(m)
    use = np.abs(x - x[at][:, None]) <= reach
    for way in (1, -1):
        turned, place = (smooth, at) if way == 1 else (smooth[:, ::-1], m - 1 - at)
        beyond = column >= place[:, None]
        lowest = np.minimum.accumulate(np.where(beyond, turned, np.inf), axis=1)
        risen = beyond & (turned > lowest + rise)
        first = np.where(risen.any(axis=1), risen.argmax(axis=1), m)
        # Back to the valley: the last place before the rise at which the profile was lowest.
        kept = np.where(beyond & (column < first[:, None]), turned, np.inf)
        valley = np.where(first < m, m - 1 - kept[:, ::-1].argmin(axis=1), m - 1)
        use &= (column <= valley[:, None]) if way == 1 else (column >= m - 1 - valley[:, None])
    sides = []
    step = float(x[1] - x[0])
    for way in (1, -1):
        used = use if way == 1 else use[:, ::-1]
        values = y if way == 1 else y[:, ::-1]
        last = m - 1 - used[:, ::-1].argmax(axis=1)
        room = np.abs(last - (at if way == 1 else m - 1 - at)) * step
        cut = last < m - 1  # then the bottom of the valley is all that the next wall leaves of this side
        depth = np.where(cut, 1, np.clip(np.rint(np.minimum(0.35 * room, 1.0) / step), 1, None)).astype(int)
        part = used & (column > (last - depth)[:, None])
        count = part.sum(axis=1)
        value = (values * part).sum(axis=1) / count
        sd = prior.noise * _SET.correlated / np.sqrt(count) + 0.02 * prior.contrast * np.exp(
            -0.5 * (room / np.maximum(2.0 * profiles.width, 1e-6)) ** 2
        )
        sides.append((value, np.maximum(sd, 0.5 * prior.noise)))
    (right, right_sd), (left, left_sd) = sides
    return _Window(use, left, right, left_sd, right_sd, smooth[np.arange(n), at])


def _ends(use: np.ndarray, x: np.ndarray) -> np.ndarray:
    """(n,) depth of the last place that is used of each profile."""
    return np.asarray(x[len(x) - 1 - use[:, ::-1].argmax(axis=1)])


def _start(profiles: Profiles, prior: Prior, window: _Window) -> np.ndarray:
    """(n, 6) outer, inner, left, bone, right, width: from the moments, held within the window."""
    x, step = profiles.x, float(profiles.x[1] - profiles.x[0])
    end = _ends(window.use, x) + 0.5 * step
    bone = np.maximum(prior.bone, window.peak)
    h1, h2 = bone - window.left, window.right - bone
    above = (profiles.values - window.left[:, None]) * window.use
    z = end[:, None] - x
    m0 = above.sum(axis=1) * step
    m1 = (above * z).sum(axis=1) * step
    q = 2.0 * m1 - (h1 + h2) * profiles.width**2
    c = (m0 * m0 - q * h1) / np.minimum(h2, -1e-6)
    root = np.sqrt(np.maximum(m0 * m0 - (h1 + h2) * c, 0.0))
    # Of the two roots this is the one of a wall that is not inside out; each form where it does not cancel.
    step_down = np.where(m0 < 0, h1 + h2, 1.0)
    z2 = np.where(m0 < 0, (m0 - root) / np.where(step_down == 0, 1e-6, step_down), c / np.maximum(m0 + root, 1e-6))
    z1 = (m0 - h2 * z2) / np.maximum(h1, 1e-6)
    first = x[window.use.argmax(axis=1)]
    b = np.clip(end - z2, first + 0.2, end)
    a = np.clip(end - z1, first, b - 2.0 * _SET.thinnest_mm)
    return np.stack([a, b, window.left, prior.bone.astype(np.float64), window.right, profiles.width], axis=1)


@dataclass(frozen=True)
class _Problem:
    """What the rows still open are fitted to: grey values `y` at `depths` (n, m), those `used` as 0 and 1, the blur's
    `width` (n,), where the search began, and the `weight` (n, 6) that holds it there."""

    y: np.ndarray
    depths: np.ndarray
    used: np.ndarray
    width: np.ndarray
    start: np.ndarray
    weight: np.ndarray

    def chosen(self, rows: np.ndarray) -> "_Problem":
        """Those of some rows."""
        return _Problem(*(getattr(self, field.name)[rows] for field in fields(self)))

    def cost(self, p: np.ndarray, residual: np.ndarray) -> np.ndarray:
        """(n,) squares of the residuals, and of how far the parameters are from where they are held."""
        square = np.einsum("nm,nm->n", residual, residual)
        return np.asarray(square + np.einsum("np,np->n", self.weight, (p - self.start) ** 2))


def _least_squares(
    profiles: Profiles, prior: Prior, window: _Window, start: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Parameters (n, 6), their covariance (n, 6, 6) and the root mean square misfit (n,): Levenberg and Marquardt, with
    priors on the plateaus, on bone and on the width."""
    lines = profiles.depths.shape[1] // len(profiles.x)
    sigma = max(prior.noise * _SET.correlated * lines**0.25, 1e-3 * prior.contrast)
    far = 1e3 * np.ones(len(start))
    width_sd = 0.5 * profiles.width if prior.free_width else 1e-4 * profiles.width
    held = np.stack([far, far, window.left_sd, prior.bone_sd * np.ones(len(start)), window.right_sd, width_sd], axis=1)
    used = np.tile(window.use.astype(np.float32), lines)
    whole = _Problem(profiles.voxels, profiles.depths, used, profiles.width, start, (sigma / held) ** 2)
    count = np.maximum(used.sum(axis=1), 1.0)
    most = (_SET.hopeless[1] * _most_misfit(prior)) ** 2 * count
    size = 6 if prior.free_width else 5
    parameters, open_ = start.copy(), np.arange(len(start))
    normal, square = np.zeros((len(start), size, size)), np.zeros(len(start))
    problem, p, damping = whole, start, np.full(len(start), 1e-2)
    residual, slopes = _model(p, problem, prior.free_width)
    cost = problem.cost(p, residual)
    for round_ in range(_SET.rounds):
        trial, moved = _step(problem, p, residual, slopes, damping)
        residual_t, slopes_t = _model(trial, problem, prior.free_width)
        cost_t = problem.cost(trial, residual_t)
        worse = np.flatnonzero(cost_t > cost)
        for new, old in ((trial, p), (cost_t, cost), (residual_t, residual), (slopes_t, slopes)):
            new[worse] = old[worse]
        p, cost, residual, slopes = trial, cost_t, residual_t, slopes_t
        factor = np.full(len(p), 0.25)
        factor[worse] = 6.0
        damping = damping * factor
        going = moved > _SET.settled_mm
        going[worse] = True
        if round_ >= _SET.hopeless[0]:
            going &= cost <= most[open_]
        if round_ == _SET.rounds - 1:
            going[:] = False
        done, rest = np.flatnonzero(~going), np.flatnonzero(going)
        rows = open_[done]
        parameters[rows] = p[done]
        square[rows] = np.einsum("nm,nm->n", residual[done], residual[done])
        normal[rows] = slopes[done] @ slopes[done].transpose(0, 2, 1)
        if not len(rest):
            break
        if len(done):
            problem = problem.chosen(rest)
            open_, p, cost, damping, residual, slopes = (
                values[rest] for values in (open_, p, cost, damping, residual, slopes)
            )
    normal += whole.weight[:, :size, None] * np.eye(size) + 1e-6 * np.eye(size)
    covariance = np.zeros((len(start), 6, 6))
    covariance[:, :size, :size] = sigma**2 * np.linalg.inv(normal)
    return parameters, covariance, np.sqrt(square / count)


def _step(
    problem: _Problem, p: np.ndarray, residual: np.ndarray, slopes: np.ndarray, damping: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Parameters (n, 6) one damped step on, and by how many mm the faces would move (n,)."""
    size = slopes.shape[1]
    normal = (slopes @ slopes.transpose(0, 2, 1)).astype(np.float64)
    right = (slopes @ residual[:, :, None])[..., 0] + (problem.weight * (p - problem.start))[:, :size]
    diagonal = np.arange(size)
    own = normal[:, diagonal, diagonal] + problem.weight[:, :size]
    normal[:, diagonal, diagonal] = own * (1.0 + damping[:, None]) + 1e-6
    move = np.linalg.solve(normal, right[:, :, None])[..., 0]
    trial = p.copy()
    trial[:, :size] -= move
    most = np.maximum(problem.width, 0.3)[:, None]
    trial[:, :2] = np.clip(trial[:, :2], p[:, :2] - most, p[:, :2] + most)
    trial[:, 1] = np.maximum(trial[:, 1], trial[:, 0] + _SET.thinnest_mm)
    trial[:, 5] = np.maximum(trial[:, 5], 0.3 * problem.width)
    return trial, np.abs(move[:, :2]).max(axis=1)


def _model(p: np.ndarray, problem: _Problem, free_width: bool) -> tuple[np.ndarray, np.ndarray]:
    """Residual (n, m), model minus values where used, and its slopes (n, 5 or 6, m) by the parameters."""
    from scipy.special import ndtr

    q, used = p.astype(np.float32), problem.used
    a, b, left, bone, right, width = (q[:, k : k + 1] for k in range(6))
    za, zb = (problem.depths - a) / width, (problem.depths - b) / width
    fa, fb = ndtr(za), ndtr(zb)
    slopes = np.empty((len(p), 6 if free_width else 5, za.shape[1]), dtype=np.float32)
    one = np.float32(1.0 / (2.0 * np.pi) ** 0.5) / width
    for part, z, step in ((slopes[:, 0], za, (left - bone) * one), (slopes[:, 1], zb, (bone - right) * one)):
        np.multiply(z, z, out=part)
        part *= np.float32(-0.5)
        np.exp(part, out=part)
        part *= step
        part *= used
    np.multiply(fb, used, out=slopes[:, 4])
    np.multiply(fa, used, out=slopes[:, 2])
    np.subtract(slopes[:, 2], slopes[:, 4], out=slopes[:, 3])
    np.subtract(used, slopes[:, 2], out=slopes[:, 2])
    residual = left * slopes[:, 2]
    residual += bone * slopes[:, 3]
    residual += right * slopes[:, 4]
    residual -= problem.y * used
    if free_width:
        slopes[:, 5] = slopes[:, 0] * za + slopes[:, 1] * zb
    return residual, slopes
