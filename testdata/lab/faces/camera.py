"""Pose, and the way from head units to pixels."""

from dataclasses import dataclass

import numpy as np

from .identity import Head

HEAD_DEPTH = 0.82


@dataclass(frozen=True)
class Camera:
    """An orthographic camera: angles in radians, `scale` in pixels a head unit, (x, y) the centre."""

    yaw: float
    pitch: float
    roll: float
    scale: float
    x: float
    y: float

    def project(self, points: np.ndarray) -> np.ndarray:
        """Maps n x 3 points in head units to n x 2 pixels."""
        turned = np.asarray(points, float) @ self._rotation().T
        return turned[:, :2] * self.scale + (self.x, self.y)

    def _rotation(self) -> np.ndarray:
        cos_yaw, sin_yaw = np.cos(self.yaw), np.sin(self.yaw)
        cos_pitch, sin_pitch = np.cos(self.pitch), np.sin(self.pitch)
        cos_roll, sin_roll = np.cos(self.roll), np.sin(self.roll)
        yaw = np.array([[cos_yaw, 0, sin_yaw], [0, 1, 0], [-sin_yaw, 0, cos_yaw]])
        pitch = np.array([[1, 0, 0], [0, cos_pitch, sin_pitch], [0, -sin_pitch, cos_pitch]])
        roll = np.array([[cos_roll, -sin_roll, 0], [sin_roll, cos_roll, 0], [0, 0, 1]])
        return roll @ pitch @ yaw


@dataclass(frozen=True)
class Frame:
    """A head in front of a camera: places drawings on the face or on planes through the head."""

    head: Head
    camera: Camera

    def depth(self, x, y) -> np.ndarray:
        """How far the face is in front of the middle of the head, on an ellipsoid."""
        inside = 1 - 0.92 * ((x / self.head.half_width) ** 2 + (y / self.head.half_height) ** 2)
        return HEAD_DEPTH * np.sqrt(np.maximum(0.03, inside))

    def on_face(self, points: np.ndarray, lift: float = 0.0) -> np.ndarray:
        """Projects n x 2 points that lie on the face."""
        points = np.atleast_2d(points)
        return self.camera.project(np.column_stack([points, self.depth(points[:, 0], points[:, 1]) + lift]))

    def at_depth(self, points: np.ndarray, depth: float = 0.0) -> np.ndarray:
        """Projects n x 2 points that lie in a plane parallel to the face."""
        points = np.atleast_2d(points)
        return self.camera.project(np.column_stack([points, np.full(len(points), depth)]))


def draw_camera(rng: np.random.Generator, size: int) -> Camera:
    """Draws a pose: mostly frontal, the head a quarter to over a third of the frame."""
    return Camera(
        yaw=float(np.clip(rng.normal(0, 0.28), -0.7, 0.7)),
        pitch=float(np.clip(rng.normal(0, 0.14), -0.32, 0.32)),
        roll=float(np.clip(rng.normal(0, 0.11), -0.32, 0.32)),
        scale=rng.uniform(0.25, 0.37) * size,
        x=(0.5 + rng.uniform(-0.09, 0.09)) * size,
        y=(0.47 + rng.uniform(-0.05, 0.08)) * size,
    )
