"""Where each tracked object should be now, and how large: a Kalman filter for all tracks at once.

Pure numpy; one row a track. Every noise is a multiple of the object's own size, so that one set of
constants serves the far and the near end of a street, and every step takes the time that really
passed, because frames are dropped.

The centre moves at a constant velocity, the logarithm of the size at a constant growth, which speeds
the centre up by as much: under a pinhole camera that is exact for whatever comes straight along its
road. Growth is believed for a moment only, since a rect shrinks as well when something comes in front.

Source: the discrete white-noise-acceleration model of Bar-Shalom, Li and Kirubarajan, "Estimation
with Applications to Tracking and Navigation" (2001), ch. 6.2. Its noise is equal in x and y here, so
both axes share one 2x2 covariance, kept as three numbers; width and height share another.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]      # of rects, (n, 4), when called `rects`: x0, y0, x1, y1

# Standard deviations, in units of the rect's diagonal.
_MEASURED = 0.05               # centre of a detection around the true one
_START_SPEED = 1.2             # a second; a walker does about 0.8, a car at 40 km/h about 2.5
_ACCELERATION = 0.35           # a second, times the square root of a second
_COAST_S = 1.2                 # an unseen object keeps its velocity about this long

# Standard deviations of the logarithm of the size.
_MEASURED_SIZE = 0.15          # of a detection around the true one
_SIZE_WALK = 0.2               # times the square root of a second: who turns, bends, opens a door
_START_GROWTH = 0.7            # a second
_GROWTH_WALK = 0.3             # a second, times the square root of a second
_GROW_S = 0.4                  # an unseen object goes on growing about this long
_MIN_SIZE_PX = 1.0


class MotionModel:
    """Filter state of n tracks; rows are added at the end and removed by mask.

    Not thread-safe.
    """

    def __init__(self) -> None:
        self.centre = np.empty((0, 2))         # x, y, pixels
        self.velocity = np.empty((0, 2))       # pixels a second
        self.size = np.empty((0, 2))           # width, height, pixels
        self.growth = np.empty(0)              # of the logarithm of the size, a second
        self._cov = np.empty((0, 3))           # var(p), cov(p, v), var(v): pixels and seconds
        self._size_cov = np.empty((0, 3))      # the same of log size and growth

    def __len__(self) -> int:
        return len(self.centre)

    @property
    def rects(self) -> Floats:
        """float64 (n, 4): x0, y0, x1, y1 of the current estimate, pixels."""
        return np.concatenate([self.centre - self.size / 2, self.centre + self.size / 2], axis=1)

    def add(self, rects: Floats) -> None:
        """Start one track a row of `rects`, float64 (m, 4) in pixels, at rest with unknown velocity."""
        centre, size = centre_and_size(rects)
        self.centre = np.concatenate([self.centre, centre])
        self.velocity = np.concatenate([self.velocity, np.zeros_like(centre)])
        self.size = np.concatenate([self.size, size])
        self.growth = np.concatenate([self.growth, np.zeros(len(rects))])
        self._cov = np.concatenate([self._cov, _unknown(_MEASURED, _START_SPEED, _scale_sq(size))])
        self._size_cov = np.concatenate([
            self._size_cov, _unknown(_MEASURED_SIZE, _START_GROWTH, np.ones(len(rects)))])

    def keep(self, mask: npt.NDArray[np.bool_]) -> None:
        """Drop the rows where `mask`, shape (n,), is False; the others keep their order."""
        self.centre, self.velocity, self.size = self.centre[mask], self.velocity[mask], self.size[mask]
        self.growth, self._cov, self._size_cov = self.growth[mask], self._cov[mask], self._size_cov[mask]

    def predict(self, dt_s: float, unseen: npt.NDArray[np.bool_]) -> None:
        """Move on by `dt_s` > 0 seconds; where `unseen`, shape (n,), velocity and growth fade."""
        fade = np.where(unseen, np.exp(-dt_s / _COAST_S), 1.0)
        reach_s = np.where(unseen, _COAST_S * (1 - fade), dt_s)
        grow_fade = np.where(unseen, np.exp(-dt_s / _GROW_S), 1.0)
        grow_s = np.where(unseen, _GROW_S * (1 - grow_fade), dt_s)
        grown = np.exp(self.growth * grow_s)
        along = reach_s * (1 + grown) / 2          # the mean speed on the way, by how much it grew
        self.centre = self.centre + self.velocity * along[:, None]
        self.velocity = self.velocity * (fade * grown)[:, None]
        self.size = self.size * grown[:, None]
        self.growth = self.growth * grow_fade
        shaken = _ACCELERATION ** 2 * _scale_sq(self.size)
        self._cov = _later(self._cov * (grown ** 2)[:, None], dt_s, reach_s, fade, shaken)
        growth_walk = np.full(len(grown), _GROWTH_WALK ** 2)
        self._size_cov = _later(self._size_cov, dt_s, grow_s, grow_fade, growth_walk)
        self._size_cov[:, 0] += _SIZE_WALK ** 2 * dt_s

    def correct(self, rows: npt.NDArray[np.intp], rects: Floats) -> None:
        """Fold one measured rect into each of `rows`: shapes (m,) and (m, 4); no row twice."""
        centre, size = centre_and_size(rects)
        gain, gain_v, self._cov[rows] = _gains(self._cov[rows], _MEASURED ** 2 * _scale_sq(size))
        off = centre - self.centre[rows]
        self.centre[rows] += gain[:, None] * off
        self.velocity[rows] += gain_v[:, None] * off
        noise = np.full(len(rows), _MEASURED_SIZE ** 2)
        gain, gain_growth, self._size_cov[rows] = _gains(self._size_cov[rows], noise)
        off = np.log(size / self.size[rows])
        self.size[rows] *= np.exp(gain[:, None] * off)
        self.growth[rows] += gain_growth * (_shares_sq(size) * off).sum(axis=1)

    def stop(self, mask: npt.NDArray[np.bool_]) -> None:
        """The scene stands still: velocity zero where `mask`, shape (n,); free to start again."""
        self.velocity[mask] = 0.0
        self.growth[mask] = 0.0
        self._cov[mask] = _unknown(_MEASURED, _START_SPEED, _scale_sq(self.size[mask]))
        self._size_cov[mask] = _unknown(_MEASURED_SIZE, _START_GROWTH, np.ones(int(mask.sum())))

    def rescale(self, x_factor: float, y_factor: float) -> None:
        """All that is in pixels times these, > 0; the noise, equal in x and y, times their geometric mean."""
        factors = np.array([x_factor, y_factor])
        self.centre, self.velocity, self.size = (each * factors for each in (
            self.centre, self.velocity, self.size))
        self._cov = self._cov * x_factor * y_factor

    def surprise(self, rects: Floats) -> Floats:
        """How badly each of m measured rects fits each track: float64 (n, m), >= 0.

        The squared Mahalanobis distance over centre and size, chi-squared with 4 degrees of
        freedom for a track's own object.
        """
        centre, size = centre_and_size(rects)
        var = self._cov[:, 0] + _MEASURED ** 2 * _scale_sq(self.size)
        size_var = self._size_cov[:, 0] + _MEASURED_SIZE ** 2
        share = np.sqrt(_shares_sq(self.size))
        off = _distance_sq(self.centre, centre) / var[:, None]
        off_size = _distance_sq(np.log(self.size), np.log(size), share) / size_var[:, None]
        return np.asarray(off + off_size)


def _scale_sq(size: Floats) -> Floats:
    """The squared diagonal, (n,), of sizes (n, 2)."""
    return np.asarray((size ** 2).sum(axis=1))


def _unknown(measured: float, rate: float, scale_sq: Floats) -> Floats:
    """Covariances (n, 3) of what was measured once."""
    return np.stack([measured ** 2 * scale_sq, np.zeros(len(scale_sq)), rate ** 2 * scale_sq], axis=1)


def _shares_sq(size: Floats) -> Floats:
    """How much width and height make of the diagonal, squared, (n, 2): a narrow side is measured worse."""
    return np.asarray(size ** 2 / _scale_sq(size)[:, None])


def _later(cov: Floats, dt_s: float, reach_s: Floats, fade: Floats, noise: Floats) -> Floats:
    """Covariances (n, 3) after `dt_s`, in which the rate carried for `reach_s`; `noise` is the rate's."""
    pp, pv, vv = cov.T
    return np.stack([
        pp + 2 * reach_s * pv + reach_s ** 2 * vv + noise * dt_s ** 3 / 3,
        fade * (pv + reach_s * vv) + noise * dt_s ** 2 / 2,
        fade ** 2 * vv + noise * dt_s,
    ], axis=1)


def _gains(cov: Floats, noise: Floats) -> tuple[Floats, Floats, Floats]:
    """Gain, gain of the rate and the covariances after it, for a measurement with variance `noise`, (n,)."""
    pp, pv, vv = cov.T
    total = pp + noise
    gain, gain_rate = pp / total, pv / total
    return gain, gain_rate, np.stack([(1 - gain) * pp, (1 - gain) * pv, vv - gain_rate * pv], axis=1)


def _distance_sq(a: Floats, b: Floats, weights: Floats | None = None) -> Floats:
    """Squared distances of points (n, 2) from points (m, 2), each coordinate times its weight (n, 2): (n, m).
    """
    ax, ay = a.T[:, :, None]
    bx, by = b.T
    wx, wy = (1.0, 1.0) if weights is None else weights.T[:, :, None]
    return np.asarray((wx * (bx - ax)) ** 2 + (wy * (by - ay)) ** 2)


def centre_and_size(rects: Floats) -> tuple[Floats, Floats]:
    """Two float64 (n, 2) of rects (n, 4): centre x, y and width, height, at least one pixel."""
    return (rects[:, :2] + rects[:, 2:]) / 2, np.maximum(rects[:, 2:] - rects[:, :2], _MIN_SIZE_PX)
