"""The scans on which walls are measured: those that the fit and its bound were tuned on, and others made afterwards."""

from dicomtoprint.phantom.wall_scan import SOFT_HU, Scanner, WallScene, varying
from Phantoms.wall_scenes import ball_shell, plates, rib, saddle_shell, skull_cap, spine_body, tube, vertebra

OBLIQUE = (0.35, 0.55, 0.75)
OTHER = (-0.62, 0.31, 0.22)
V40, V45, V60 = (0.4, 0.4, 0.5), (0.45, 0.45, 0.6), (0.6, 0.6, 0.75)

Scan = tuple[WallScene, Scanner]


def tuned() -> dict[str, Scan]:
    """Scans that settings were chosen on."""
    return {
        "plates, 0.4 mm": (plates(OBLIQUE), Scanner(V40, 0.35, noise_hu=15)),
        "plates along slices, 0.45 mm": (plates((0, 0, 1)), Scanner(V45, 0.4)),
        "plates, 0.6 mm": (plates(OBLIQUE), Scanner(V60, 0.4)),
        "plates, slices 1.25 mm": (plates((0.3, 0.2, 1)), Scanner((0.5, 0.5, 1.25), 0.45, noise_hu=25)),
        "shell 0.5 mm, air, 0.4 mm": (ball_shell(0.5), Scanner(V40)),
        "shell 1.2 mm, air, 0.4 mm": (ball_shell(1.2), Scanner(V40)),
        "shell 0.5 mm, air, 0.6 mm": (ball_shell(0.5), Scanner(V60)),
        "shell 0.8 mm, air, 0.6 mm": (ball_shell(0.8), Scanner(V60)),
        "open shell 0.5 mm, tissue, 0.4 mm": (ball_shell(0.5, inside=SOFT_HU, opened=True), Scanner(V40)),
        "saddle 0.6 mm, air, 0.4 mm": (saddle_shell(0.6, 900.0), Scanner(V40, 0.42)),
        "vertebra, cortex 0.4 mm": (vertebra(0.4, hu=1000.0), Scanner(V40, 0.35, noise_hu=15)),
        "spine body 36 mm, 0.45 mm": (spine_body(), Scanner(V45)),
        "spine body 36 mm, 0.7 x 1.0 mm": (spine_body(), Scanner((0.7, 0.7, 1.0), 0.45)),
        "rib, 0.6 mm": (rib(), Scanner(V60)),
        "density varying by 20 %": (plates(OBLIQUE, hu=varying(1100.0, 0.2, 28.0)), Scanner(V40)),
        "dry bone": (plates(OBLIQUE, in_air=True), Scanner(V40)),
    }


def held_out() -> dict[str, Scan]:
    """Scans of the same kinds with densities, blurs, noise, voxels and shapes of their own."""
    others = (0.3, 0.6, 0.8, 1.5)
    return {
        "plates, 700 HU, 0.42 mm": (
            plates(OTHER, others, 700.0),
            Scanner((0.42, 0.42, 0.45), 0.38, noise_hu=18, seed=5),
        ),
        "plates, 1500 HU, 0.45 mm": (
            plates((0.1, 0.9, 0.4), (0.5, 0.7, 1.2, 2.0), 1500.0),
            Scanner((0.45, 0.45, 0.4), 0.43, noise_hu=25, seed=6),
        ),
        "plates, 900 HU, 0.58 mm": (
            plates(OTHER, others, 900.0),
            Scanner((0.58, 0.58, 0.7), 0.37, noise_hu=22, seed=7),
        ),
        "plates, slices 1.25 mm, 1400 HU": (
            plates((0.5, 0.1, 0.8), (0.5, 0.8, 1.2, 2.0), 1400.0),
            Scanner((0.45, 0.45, 1.25), 0.4, noise_hu=20, seed=8),
        ),
        "plates, slices 2.5 mm": (plates((1, 0.3, 0.4), others, 1200.0), Scanner((0.5, 0.5, 2.5), 0.4, seed=9)),
        "edge-enhancing kernel, 0.4 mm": (plates(OBLIQUE), Scanner(V40, 0.35, overshoot=0.15, noise_hu=25, seed=10)),
        "shell 0.6 mm, air, 1500 HU, 0.42 mm": (
            ball_shell(0.6, 1500.0, 7.5),
            Scanner((0.42, 0.42, 0.5), 0.43, seed=11),
        ),
        "shell 1.0 mm, air, 800 HU, 0.4 mm": (ball_shell(1.0, 800.0, 8.0), Scanner(V40, 0.37, noise_hu=16, seed=12)),
        "shell 0.7 mm, air, 1000 HU, 0.6 mm": (ball_shell(0.7, 1000.0, 10.0), Scanner(V60, 0.42, seed=13)),
        "open shell 0.8 mm, tissue, 0.45 mm": (
            ball_shell(0.8, 1350.0, 8.0, SOFT_HU, opened=True, axis=(1, 0.2, 0.1)),
            Scanner(V45, 0.36, noise_hu=24, seed=14),
        ),
        "saddle 1.0 mm, air, 0.45 mm": (saddle_shell(1.0, 1300.0), Scanner(V45, 0.38, seed=15)),
        "vertebra, cortex 0.6 mm, core 280 HU": (vertebra(0.6, 280.0, 900.0), Scanner(V45, 0.42, noise_hu=24, seed=16)),
        "spine body 28 mm, 0.45 mm": (spine_body(28.0, 22.0, 0.6, 100.0), Scanner(V45, 0.42, seed=17)),
        "spine body 25 mm, 0.7 x 1.0 mm": (spine_body(25.0, 20.0, 1.5, 200.0), Scanner((0.7, 0.7, 1.0), 0.4, seed=18)),
        "rib 0.7 mm, 0.5 mm": (rib(0.7, 950.0), Scanner((0.5, 0.5, 0.6), 0.4, seed=19)),
        "child, 650 HU, 0.4 mm": (plates((0.7, 0.6, 0.2), (0.4, 0.6, 1.0, 1.5), 650.0), Scanner(V40, 0.4, seed=20)),
        "dry bone, 1400 HU": (plates(OTHER, others, 1400.0, in_air=True), Scanner(V45, 0.36, noise_hu=25, seed=21)),
        "CBCT, scaled and shifted, cupping": (
            ball_shell(0.8, 1300.0),
            Scanner((0.4, 0.4, 0.4), 0.38, noise_hu=25, seed=22, gain=0.6, offset=300.0, cupping=-60.0),
        ),
        "density varying by 20 %, 0.6 mm": (
            plates(OTHER, (0.5, 0.7, 1.0, 2.0), varying(1300.0, 0.2, 33.0)),
            Scanner(V60, 0.4, seed=23),
        ),
        "no thick bone": (plates(OBLIQUE, (0.5, 0.7, 0.9), thick=False), Scanner(V40, seed=24)),
    }


def unseen() -> dict[str, Scan]:
    """Scans of the same kinds, made after the form of the fit and of the bound was settled."""
    steep = (0.15, -0.8, 0.55)
    return {
        "plates, 1050 HU, 0.38 mm": (
            plates(steep, (0.4, 0.7, 1.1, 1.8), 1050.0),
            Scanner((0.38, 0.38, 0.6), 0.41, noise_hu=17, seed=41),
        ),
        "plates, 800 HU, 0.55 mm": (
            plates((0.9, -0.2, 0.35), (0.5, 0.9, 1.4, 2.2), 800.0),
            Scanner((0.55, 0.55, 0.55), 0.38, noise_hu=21, seed=42),
        ),
        "plates, slices 1.1 mm": (
            plates((0.4, 0.3, 0.85), (0.5, 0.8, 1.3, 2.0), 1150.0),
            Scanner((0.4, 0.4, 1.1), 0.42, noise_hu=18, seed=43),
        ),
        "shell 0.9 mm, air, 950 HU, 0.45 mm": (
            ball_shell(0.9, 950.0, 8.5),
            Scanner((0.45, 0.45, 0.6), 0.4, noise_hu=22, seed=44),
        ),
        "shell 0.6 mm, air, 1250 HU, 0.6 mm": (ball_shell(0.6, 1250.0, 9.5), Scanner((0.6, 0.6, 0.75), 0.38, seed=45)),
        "open shell 0.6 mm, tissue, 0.4 mm": (
            ball_shell(0.6, 1000.0, 8.5, SOFT_HU, opened=True, axis=(0.2, 1, 0.4)),
            Scanner((0.4, 0.4, 0.5), 0.38, noise_hu=19, seed=46),
        ),
        "saddle 0.8 mm, air, 0.42 mm": (saddle_shell(0.8, 1100.0), Scanner((0.42, 0.42, 0.5), 0.4, seed=47)),
        "vertebra, cortex 0.8 mm, core 180 HU": (
            vertebra(0.8, 180.0, 1300.0),
            Scanner((0.4, 0.4, 0.6), 0.38, noise_hu=18, seed=48),
        ),
        "spine body 32 mm, 0.5 mm": (spine_body(32.0, 20.0, 0.9, 120.0, 900.0), Scanner((0.5, 0.5, 0.5), 0.4, seed=49)),
        "spine body 30 mm, 0.7 x 1.0 mm": (spine_body(30.0, 24.0, 1.2, 170.0), Scanner((0.7, 0.7, 1.0), 0.42, seed=50)),
        "rib 0.9 mm, 0.55 mm": (rib(0.9, 1000.0), Scanner((0.55, 0.55, 0.7), 0.38, seed=51)),
        "child, 700 HU, 0.45 mm": (
            plates((-0.3, 0.5, 0.8), (0.5, 0.7, 1.0, 1.6), 700.0),
            Scanner((0.45, 0.45, 0.5), 0.38, seed=52),
        ),
        "dry bone, 1100 HU": (
            plates((0.6, 0.1, -0.5), (0.4, 0.7, 1.0, 1.8), 1100.0, in_air=True),
            Scanner((0.42, 0.42, 0.5), 0.4, noise_hu=20, seed=53),
        ),
        "CBCT, 1150 HU": (
            ball_shell(0.9, 1150.0, 8.0),
            Scanner((0.35, 0.35, 0.35), 0.36, noise_hu=25, seed=54, gain=0.7, offset=150.0, cupping=-40.0),
        ),
        "density varying by 20 %, 0.45 mm": (
            plates(steep, (0.5, 0.8, 1.2, 2.0), varying(1150.0, 0.2, 30.0)),
            Scanner((0.45, 0.45, 0.6), 0.4, seed=55),
        ),
        "smooth kernel": (
            plates(OBLIQUE, (0.5, 0.8, 1.2, 2.0), 1300.0),
            Scanner((0.45, 0.45, 0.6), 0.55, noise_hu=10, seed=56),
        ),
    }


def fresh() -> dict[str, Scan]:
    """Scans whose list was fixed before any was run, after the bound had been set on all those above."""
    aslant, upright = (0.45, -0.35, 0.6), (0.05, 0.15, 1.0)
    return {
        "plates, 1350 HU, 0.35 mm": (
            plates(aslant, (0.35, 0.65, 0.95, 1.7), 1350.0, half=5.5),
            Scanner((0.35, 0.35, 0.4), 0.37, noise_hu=24, seed=301),
        ),
        "plates, 850 HU, 0.5 x 0.8 mm": (
            plates((-0.2, 0.9, 0.3), (0.45, 0.75, 1.25, 2.3), 850.0),
            Scanner((0.5, 0.5, 0.8), 0.41, noise_hu=17, seed=302),
        ),
        "plates, 1250 HU, 0.65 mm": (
            plates(upright, (0.55, 0.85, 1.6), 1250.0),
            Scanner((0.65, 0.65, 0.65), 0.4, noise_hu=16, seed=303),
        ),
        "plates, slices 1.3 mm": (
            plates((0.7, 0.3, 0.6), (0.6, 0.9, 1.4, 2.1), 1000.0),
            Scanner((0.42, 0.42, 1.3), 0.4, noise_hu=19, seed=304),
        ),
        "shell 0.55 mm, air, 1050 HU, 0.5 mm": (
            ball_shell(0.55, 1050.0, 8.2),
            Scanner((0.5, 0.5, 0.6), 0.41, noise_hu=18, seed=305),
        ),
        "open shell 1.0 mm, fat, 0.5 mm": (
            ball_shell(1.0, 1150.0, 9.3, -90.0, -90.0, opened=True, axis=(0.6, -0.5, 0.4)),
            Scanner((0.5, 0.5, 0.5), 0.39, noise_hu=21, seed=306),
        ),
        "saddle 0.7 mm, tissue, 0.38 mm": (
            saddle_shell(0.7, 1200.0, SOFT_HU),
            Scanner((0.38, 0.38, 0.5), 0.37, noise_hu=20, seed=307),
        ),
        "skull cap, 0.48 mm": (skull_cap(), Scanner((0.48, 0.48, 0.6), 0.4, noise_hu=22, seed=308)),
        "tube of a child, 0.55 mm": (tube(), Scanner((0.55, 0.55, 0.7), 0.39, noise_hu=20, seed=309)),
        "vertebra, cortex 0.5 mm, core 200 HU, 0.5 mm": (
            vertebra(0.5, 200.0, 1100.0),
            Scanner((0.5, 0.5, 0.7), 0.4, noise_hu=20, seed=310),
        ),
        "spine body 30 mm, 0.6 x 0.8 mm": (
            spine_body(30.0, 21.0, 0.8, 130.0, 850.0),
            Scanner((0.6, 0.6, 0.8), 0.41, noise_hu=18, seed=311),
        ),
        "rib 1.0 mm, 0.45 mm": (rib(1.0, 1200.0), Scanner((0.45, 0.45, 0.5), 0.41, noise_hu=19, seed=312)),
        "dry bone, 900 HU": (
            plates(aslant, (0.5, 0.9, 1.3, 1.9), 900.0, in_air=True),
            Scanner((0.48, 0.48, 0.55), 0.38, noise_hu=22, seed=313),
        ),
        "CBCT, 1000 HU, open shell": (
            ball_shell(0.7, 1000.0, 8.5, SOFT_HU, opened=True),
            Scanner((0.3, 0.3, 0.3), 0.36, noise_hu=30, seed=314, gain=0.8, offset=220.0, cupping=-50.0),
        ),
        "density varying by 20 %, 0.5 mm": (
            plates((0.8, 0.5, -0.3), (0.6, 0.9, 1.5), varying(1050.0, 0.2, 26.0)),
            Scanner((0.5, 0.5, 0.6), 0.4, noise_hu=18, seed=315),
        ),
        "no thick bone, 950 HU": (
            plates((-0.5, 0.4, 0.7), (0.45, 0.65, 1.0), 950.0, thick=False),
            Scanner((0.42, 0.42, 0.5), 0.4, noise_hu=18, seed=316),
        ),
    }
