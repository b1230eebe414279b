"""Scenes of walls: plates, shells, vertebrae, ribs and the like, for `dicomtoprint.phantom.wall_scan`."""

from collections.abc import Sequence

import numpy as np

from dicomtoprint.phantom.wall_scan import (
    AIR_HU,
    SOFT_HU,
    Density,
    Layer,
    Wall,
    WallScene,
    ball,
    both,
    box,
    cylinder,
    frame_of,
    shell,
    torus,
)

EVERYWHERE = box((0.0, 0.0, 0.0), (1e3, 1e3, 1e3))


def _tissue(in_air: bool) -> list[Layer]:
    return [] if in_air else [Layer(EVERYWHERE, SOFT_HU)]


def _thick(hu: "float | Density", at: Sequence[float] = (10.5, 10.5, 10.5), radius: float = 3.5) -> list[Layer]:
    return [Layer(ball(at, radius), hu)]


def plates(
    normal: Sequence[float],
    thickness: Sequence[float] = (0.3, 0.5, 1.0, 2.0),
    hu: "float | Density" = 1200.0,
    pitch: float = 5.0,
    half: float = 6.0,
    in_air: bool = False,
    thick: bool = True,
) -> WallScene:
    """Plates across `normal`, `pitch` mm apart, and a ball of the same bone."""
    axes = frame_of(normal)
    layers, walls = _tissue(in_air), []
    for number, t in enumerate(thickness):
        centre = axes[2] * pitch * (number - 0.5 * (len(thickness) - 1))
        layers.append(Layer(box(centre, (half, half, t / 2), axes), hu))
        a = np.linspace(-half + 2.0, half - 2.0, 15)
        u, v = np.meshgrid(a, a)
        middle = centre + u.reshape(-1, 1) * axes[0] + v.reshape(-1, 1) * axes[1]
        walls.append(Wall(f"plate {t:g}", middle, np.broadcast_to(axes[2], middle.shape), t))
    return WallScene(layers + (_thick(hu) if thick else []), walls)


def _sphere(count: int, least_z: float) -> np.ndarray:
    z = np.linspace(-1.0, least_z, count)
    angle = np.pi * (1.0 + 5**0.5) * np.arange(count)
    r = np.sqrt(1.0 - z**2)
    return np.stack([r * np.cos(angle), r * np.sin(angle), z], axis=1)


def ball_shell(
    thickness: float,
    hu: "float | Density" = 1200.0,
    radius: float = 9.0,
    inside: float = AIR_HU,
    outside: float = SOFT_HU,
    opened: bool = False,
    axis: Sequence[float] = (0.3, 0.2, 1.0),
) -> WallScene:
    """A shell around air or tissue; `opened`: without its top."""
    whole = ball((0.0, 0.0, 0.0), radius + thickness / 2)
    axes = frame_of(axis)
    wall = shell(whole, thickness)
    layers = [Layer(EVERYWHERE, outside)]
    if inside != outside:
        layers.append(Layer(ball((0.0, 0.0, 0.0), radius), inside))
    if opened:
        wall = both(wall, lambda p: p @ axes[2] - 0.4 * radius)
    layers.append(Layer(wall, hu))
    n = _sphere(220, 0.1 if opened else 1.0) @ axes
    name = f"shell {thickness:g} {'air' if inside == AIR_HU else 'tissue'}"
    return WallScene(layers + _thick(hu), [Wall(name, radius * n, n, thickness)])


def saddle_shell(thickness: float, hu: "float | Density" = 1200.0, inside: float = AIR_HU) -> WallScene:
    """The wall of a ring around air: curved both ways alike outside, as a saddle inside."""
    axis = np.array([0.5, 0.3, 1.0]) / np.linalg.norm([0.5, 0.3, 1.0])
    axes = frame_of(axis)
    ring, tube = 8.0, 4.5
    layers = [
        Layer(EVERYWHERE, SOFT_HU),
        Layer(torus((0, 0, 0), ring, tube, axis), inside),
        Layer(shell(torus((0, 0, 0), ring, tube + thickness / 2, axis), thickness), hu),
    ]
    a, b = (v.ravel() for v in np.meshgrid(np.linspace(0, 2 * np.pi, 20)[:-1], np.linspace(0, 2 * np.pi, 14)[:-1]))
    radial = np.cos(a)[:, None] * axes[0] + np.sin(a)[:, None] * axes[1]
    n = np.cos(b)[:, None] * radial + np.sin(b)[:, None] * axes[2]
    wall = Wall(f"saddle {thickness:g}", ring * radial + tube * n, n, thickness)
    return WallScene(layers + _thick(hu, (12.0, 12.0, 12.0), 2.7), [wall])


def vertebra(cortex: float, trabecular: float = 220.0, hu: "float | Density" = 1200.0) -> WallScene:
    """A body of trabecular bone in a cortex, with thick processes behind it."""
    body = cylinder((0.0, -3.0, 0.0), 10.0, 9.0)
    layers = [
        Layer(EVERYWHERE, SOFT_HU),
        Layer(body, trabecular),
        Layer(shell(body, cortex), hu),
        Layer(box((0.0, 10.0, 0.0), (3.0, 4.0, 4.0)), hu),
    ]
    a, h = (v.ravel() for v in np.meshgrid(np.linspace(-0.33, 0.33, 20) * np.pi, np.linspace(-6, 6, 7)))
    n = np.stack([np.cos(a), np.sin(a), 0 * a], axis=1)
    side = Wall(f"across, cortex {cortex:g}", np.array([0, -3.0, 0]) + h[:, None] * [0, 0, 1.0], n, 20.0, True)
    x, y = (v.ravel() for v in np.meshgrid(np.linspace(-5, 5, 12), np.linspace(-8, 2, 12)))
    up = np.broadcast_to([0.0, 0.0, 1.0], (len(x), 3))
    top = Wall(f"height, cortex {cortex:g}", np.stack([x, y, 0 * x], axis=1), up, 18.0, True)
    return WallScene(layers, [side, top])


def spine_body(
    diameter: float = 36.0, height: float = 25.0, cortex: float = 1.0, trabecular: float = 150.0, hu: float = 800.0
) -> WallScene:
    """A body of the European Spine Phantom: a cylinder in water with a cortex and end plates. Walls: its diameter and
    its height, as if it were solid."""
    body = cylinder((0.0, 0.0, 0.0), diameter / 2, height / 2)
    layers = [
        Layer(EVERYWHERE, 0.0),
        Layer(body, trabecular),
        Layer(shell(body, cortex), hu),
    ]
    a, h = (v.ravel() for v in np.meshgrid(np.linspace(-0.33, 0.33, 20) * np.pi, 0.32 * height * np.linspace(-1, 1, 5)))
    n = np.stack([np.cos(a), np.sin(a), 0 * a], axis=1)
    across = Wall("diameter", h[:, None] * [0, 0, 1.0], n, diameter, True)
    x, y = (v.ravel() for v in np.meshgrid(*(0.28 * diameter * np.linspace(-1, 1, 9),) * 2))
    up = np.broadcast_to([0.0, 0.0, 1.0], (len(x), 3))
    tall = Wall("height", np.stack([x, y, 0 * x], axis=1), up, height, True)
    layers.append(Layer(box((0.0, diameter / 2 + 4.0, 0.0), (5.0, 4.0, 4.0)), hu))  # the arch
    side = diameter + 14.0
    return WallScene(layers, [across, tall], (side, side, height + 9.0))


def rib(cortex: float = 0.8, hu: float = 1100.0) -> WallScene:
    """A flat tube of marrow between lung and chest wall."""
    axis = np.array([1.0, 0.4, 0.25])
    axes = frame_of(axis)

    def outline(points: np.ndarray) -> np.ndarray:
        local = points @ axes.T
        q = np.abs(local[:, :2]) - np.array([1.2, 4.0])
        return np.linalg.norm(np.maximum(q, 0.0), axis=1) + np.minimum(q.max(axis=1), 0.0) - 2.5

    layers = [
        Layer(EVERYWHERE, SOFT_HU),
        Layer(lambda p: p @ axes[0] + 6.0, -850.0),
        Layer(outline, 60.0),
        Layer(shell(outline, cortex), hu),
    ]
    u, v = (w.ravel() for w in np.meshgrid(np.linspace(-3.0, 3.0, 9), np.linspace(-9, 9, 15)))
    walls = []
    for name, sign in (("outer", 1.0), ("inner", -1.0)):
        middle = sign * (3.7 - cortex / 2) * axes[0] + u[:, None] * axes[1] + v[:, None] * axes[2]
        walls.append(Wall(f"rib {name} {cortex:g}", middle, np.broadcast_to(sign * axes[0], middle.shape), cortex))
    return WallScene(layers + _thick(hu), walls)


def skull_cap(table: float = 1.1, diploe: float = 1.8, hu: float = 1250.0) -> WallScene:
    """A piece of skull between scalp and brain: two tables with diploe between them, which ends at the border of the scan."""
    centre = np.array([4.0, -6.0, -32.0])
    outer, deep = 38.0, 2.0 * table + diploe
    layers = [
        Layer(EVERYWHERE, SOFT_HU),
        Layer(shell(ball(centre, outer), table), hu),
        Layer(shell(ball(centre, outer - table), diploe), 320.0),
        Layer(shell(ball(centre, outer - table - diploe), table), hu),
    ]
    u, v = (w.ravel() for w in np.meshgrid(np.linspace(-0.22, 0.22, 15), np.linspace(-0.22, 0.22, 15)))
    n = np.stack([u - 0.1, v + 0.15, np.ones_like(u)], axis=1)
    n /= np.linalg.norm(n, axis=1)[:, None]
    walls = [Wall("outer faces", centre + (outer - deep / 2) * n, n, deep, True)]
    return WallScene(layers + _thick(hu, (-9.0, 9.0, -9.0), 3.2), walls)


def tube(cortex: float = 1.2, radius: float = 6.0, hu: float = 800.0) -> WallScene:
    """The shaft of a child's long bone: a cortex around fat, through the whole scan."""
    axis = np.array([0.25, -0.15, 1.0])
    axes = frame_of(axis)
    shaft = cylinder((0.0, 0.0, 0.0), radius + cortex / 2, 40.0, axis)
    layers = [Layer(EVERYWHERE, SOFT_HU), Layer(shaft, -60.0), Layer(shell(shaft, cortex), hu)]
    a, h = (w.ravel() for w in np.meshgrid(np.linspace(0.0, 2.0 * np.pi, 25)[:-1], np.linspace(-9.0, 9.0, 9)))
    n = np.cos(a)[:, None] * axes[0] + np.sin(a)[:, None] * axes[1]
    return WallScene(layers + _thick(hu), [Wall(f"cortex {cortex:g}", radius * n + h[:, None] * axes[2], n, cortex)])
