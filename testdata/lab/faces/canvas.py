"""Drawing: polygons and lines with sub-pixel vertices on an 8-bit RGB image."""

import cv2
import numpy as np

FRACTION_BITS = 4


class Canvas:
    """A square RGB image that polygons are painted on."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.pixels = np.zeros((size, size, 3), np.uint8)

    def fill(self, outline: np.ndarray, colour, opacity: float = 1.0) -> None:
        """Fills a polygon (n x 2 pixel positions)."""
        if opacity >= 1:
            _polygon(self.pixels, outline, colour)
            return
        low = np.clip(np.floor(outline.min(0)).astype(int) - 1, 0, self.size)
        high = np.clip(np.ceil(outline.max(0)).astype(int) + 2, 0, self.size)
        patch = self.pixels[low[1] : high[1], low[0] : high[0]]
        if patch.size == 0:
            return
        painted = patch.copy()
        _polygon(painted, outline - low, colour)
        patch[:] = cv2.addWeighted(painted, opacity, patch, 1 - opacity, 0)

    def stroke(self, path: np.ndarray, colour, width: float, closed: bool = False) -> None:
        """Draws a line through n x 2 pixel positions."""
        thickness = max(1, round(width))
        cv2.polylines(self.pixels, [_fixed_point(path)], closed, _rgb(colour), thickness, cv2.LINE_AA, FRACTION_BITS)

    def box(self, x: float, y: float, right: float, bottom: float, colour) -> None:
        """Fills an upright rectangle."""
        cv2.rectangle(self.pixels, (int(x), int(y)), (int(right), int(bottom)), _rgb(colour), -1)

    def shade(self, factor: np.ndarray) -> None:
        """Multiplies the image by a factor a pixel (h x w, or h x w x 3)."""
        if factor.ndim == 2:
            factor = factor[..., None]
        self.pixels = (self.pixels * factor).clip(0, 255).astype(np.uint8)

    def mask(self, outline: np.ndarray) -> np.ndarray:
        """Returns which share of each pixel a polygon covers, 0..1."""
        cover = np.zeros((self.size, self.size), np.uint8)
        cv2.fillPoly(cover, [_fixed_point(outline)], 255, cv2.LINE_AA, FRACTION_BITS)
        return cover.astype(np.float32) / 255


def ellipse(x, y, radius_x, radius_y, turn=0.0, start=0.0, stop=2 * np.pi, points=20) -> np.ndarray:
    """Points on an ellipse or an arc of it, n x 2."""
    angle = np.linspace(start, stop, points)
    along, across = radius_x * np.cos(angle), radius_y * np.sin(angle)
    cos, sin = np.cos(turn), np.sin(turn)
    return np.column_stack([x + along * cos - across * sin, y + along * sin + across * cos])


def ribbon(x: np.ndarray, upper: np.ndarray, lower: np.ndarray) -> np.ndarray:
    """The outline of the area between two curves over the same x, n x 2."""
    return np.concatenate([np.column_stack([x, upper]), np.column_stack([x, lower])[::-1]])


def _polygon(pixels: np.ndarray, outline: np.ndarray, colour) -> None:
    cv2.fillPoly(pixels, [_fixed_point(outline)], _rgb(colour), cv2.LINE_AA, FRACTION_BITS)


def _fixed_point(points: np.ndarray) -> np.ndarray:
    return np.round(points * (1 << FRACTION_BITS)).astype(np.int32).reshape(-1, 1, 2)


def _rgb(colour) -> tuple:
    return tuple(float(v) for v in np.clip(colour, 0, 255))
