"""Where each tracked object should be now: a constant-velocity Kalman filter for all tracks at once.

Pure numpy; one row a track. Every noise is a multiple of the object's own size, so that one set of
constants serves the far and the near end of a street, and every step takes the time that really
passed, because frames are dropped.

Source: the discrete white-noise-acceleration model of Bar-Shalom, Li and Kirubarajan, "Estimation
with Applications to Tracking and Navigation" (2001), ch. 6.2. Its noise is equal in x and y here, so
both axes share one 2x2 covariance, kept as three numbers. Width and height are a random walk
without velocity: extrapolated growth does more harm in an occlusion than good.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]      # of rects, (n, 4), when called `rects`: x0, y0, x1, y1

# Standard deviations, in units of the rect's diagonal.
_MEASURED = 0.05               # centre of a detection around the true one
_MEASURED_SIZE = 0.15          # width or height of a detection around the true one
_START_SPEED = 1.2             # a second; a walker does about 0.8, a car at 40 km/h about 2.5
_ACCELERATION = 0.25            # times the square root of a second
_SIZE_WALK = 0.12              # times the square root of a second
_COAST_S = 1.2                 # an unseen object keeps its velocity about this long
_MIN_SIZE_PX = 1.0


class MotionModel:
    """Filter state of n tracks; rows are added at the end and removed by mask.

    Not thread-safe.
    """

    def __init__(self) -> None:
        self.centre = np.empty((0, 2))         # x, y, pixels
        self.velocity = np.empty((0, 2))       # pixels a second
        self.size = np.empty((0, 2))           # width, height, pixels
        self._cov = np.empty((0, 3))           # var(p), cov(p, v), var(v): pixels and seconds
        self._size_var = np.empty(0)           # of width and of height, square pixels

    def __len__(self) -> int:
        return len(self.centre)

    @property
    def rects(self) -> Floats:
        """float64 (n, 4): x0, y0, x1, y1 of the current estimate, pixels."""
        return np.concatenate([self.centre - self.size / 2, self.centre + self.size / 2], axis=1)

    def add(self, rects: Floats) -> None:
        """Start one track a row of `rects`, float64 (m, 4) in pixels, at rest with unknown velocity."""
        centre, size = centre_and_size(rects)
        scale = np.hypot(size[:, 0], size[:, 1])
        cov = np.stack([(_MEASURED * scale) ** 2, np.zeros(len(rects)), (_START_SPEED * scale) ** 2], axis=1)
        self.centre = np.concatenate([self.centre, centre])
        self.velocity = np.concatenate([self.velocity, np.zeros_like(centre)])
        self.size = np.concatenate([self.size, size])
        self._cov = np.concatenate([self._cov, cov])
        self._size_var = np.concatenate([self._size_var, (_MEASURED_SIZE * scale) ** 2])

    def keep(self, mask: npt.NDArray[np.bool_]) -> None:
        """Drop the rows where `mask`, shape (n,), is False; the others keep their order."""
        self.centre, self.velocity, self.size = self.centre[mask], self.velocity[mask], self.size[mask]
        self._cov, self._size_var = self._cov[mask], self._size_var[mask]

    def predict(self, dt_s: float, unseen: npt.NDArray[np.bool_]) -> None:
        """Move on by `dt_s` > 0 seconds; where `unseen`, shape (n,), the velocity fades as it coasts."""
        fade = np.where(unseen, np.exp(-dt_s / _COAST_S), 1.0)
        reach_s = np.where(unseen, _COAST_S * (1 - fade), dt_s)
        self.centre = self.centre + self.velocity * reach_s[:, None]
        self.velocity = self.velocity * fade[:, None]
        scale_sq = (self.size ** 2).sum(axis=1)
        q = _ACCELERATION ** 2 * scale_sq
        pp, pv, vv = self._cov.T
        self._cov = np.stack([
            pp + 2 * reach_s * pv + reach_s ** 2 * vv + q * dt_s ** 3 / 3,
            fade * (pv + reach_s * vv) + q * dt_s ** 2 / 2,
            fade ** 2 * vv + q * dt_s,
        ], axis=1)
        self._size_var = self._size_var + _SIZE_WALK ** 2 * scale_sq * dt_s

    def correct(self, rows: npt.NDArray[np.intp], rects: Floats) -> None:
        """Fold one measured rect into each of `rows`: shapes (m,) and (m, 4); no row twice."""
        centre, size = centre_and_size(rects)
        scale_sq = (size ** 2).sum(axis=1)
        pp, pv, vv = self._cov[rows].T
        total = pp + _MEASURED ** 2 * scale_sq
        gain_p, gain_v = pp / total, pv / total
        off = centre - self.centre[rows]
        self.centre[rows] += gain_p[:, None] * off
        self.velocity[rows] += gain_v[:, None] * off
        self._cov[rows] = np.stack([(1 - gain_p) * pp, (1 - gain_p) * pv, vv - gain_v * pv], axis=1)
        size_gain = self._size_var[rows] / (self._size_var[rows] + _MEASURED_SIZE ** 2 * scale_sq)
        self.size[rows] += size_gain[:, None] * (size - self.size[rows])
        self._size_var[rows] *= 1 - size_gain

    def stop(self, mask: npt.NDArray[np.bool_]) -> None:
        """The scene stands still: velocity zero where `mask`, shape (n,); free to start again."""
        self.velocity[mask] = 0.0
        scale_sq = (self.size[mask] ** 2).sum(axis=1)
        self._cov[mask] = np.stack([
            _MEASURED ** 2 * scale_sq, np.zeros(len(scale_sq)), _START_SPEED ** 2 * scale_sq], axis=1)

    def rescale(self, x_factor: float, y_factor: float) -> None:
        """All that is in pixels times these, > 0; the noise, equal in x and y, times their geometric mean."""
        factors = np.array([x_factor, y_factor])
        self.centre, self.velocity, self.size = (each * factors for each in (
            self.centre, self.velocity, self.size))
        self._cov, self._size_var = self._cov * x_factor * y_factor, self._size_var * x_factor * y_factor

    def surprise(self, rects: Floats) -> Floats:
        """How badly each of m measured rects fits each track: float64 (n, m), >= 0.

        The squared Mahalanobis distance over centre and size, chi-squared with 4 degrees of
        freedom for a track's own object.
        """
        centre, size = centre_and_size(rects)
        scale_sq = (self.size ** 2).sum(axis=1)
        off, off_size = _distance_sq(self.centre, centre), _distance_sq(self.size, size)
        var = self._cov[:, 0] + _MEASURED ** 2 * scale_sq
        size_var = self._size_var + _MEASURED_SIZE ** 2 * scale_sq
        return np.asarray(off / var[:, None] + off_size / size_var[:, None])


def _distance_sq(a: Floats, b: Floats) -> Floats:
    """Of points (n, 2) from points (m, 2): (n, m)."""
    ax, ay = a.T[:, :, None]
    bx, by = b.T
    return np.asarray((bx - ax) ** 2 + (by - ay) ** 2)


def centre_and_size(rects: Floats) -> tuple[Floats, Floats]:
    """Two float64 (n, 2) of rects (n, 4): centre x, y and width, height, at least one pixel."""
    return (rects[:, :2] + rects[:, 2:]) / 2, np.maximum(rects[:, 2:] - rects[:, :2], _MIN_SIZE_PX)
