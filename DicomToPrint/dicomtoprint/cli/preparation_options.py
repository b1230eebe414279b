"""Options of preparing for print: what is done to the solid, what is written on it, and how it is cut and joined."""

import argparse
from typing import Any

from ..config.run_settings import RunSettings
from .option_types import clearance, positive, scale_factor

BASE_KINDS = ("plate", "foot", "stand")
MIRRORS = ("sagittal", "coronal", "axial")
JOINTS, FITS = ("pin", "dowel", "dovetail"), ("sliding", "press")
SIDES = ("R", "L", "A", "P", "S", "I", "front", "back")


def add_preparation(run: argparse.ArgumentParser) -> None:
    group = run.add_argument_group(
        "preparation",
        "done in this order: scale and mirror, wrap, thicken, hollow, shell, struts, base, label, scale bar, cuts (before the base "
        "where a side is kept), split, pins, magnets, orient",
    )
    _add_solid_options(group)
    _add_marking_options(group)
    _add_cutting_options(group)
    group.add_argument("--orient", action="store_true", help="turn for printing")


def _add_solid_options(group: Any) -> None:
    """Options that change the walls of the solid, and the base."""
    group.add_argument(
        "--scale",
        type=scale_factor,
        metavar="F|1:N",
        help="print larger or smaller than the anatomy; files and label say so",
    )
    group.add_argument(
        "--mirror",
        choices=MIRRORS,
        help="mirror at this plane: sagittal changes left and right; files and label say so",
    )
    group.add_argument("--wrap", action="store_true", help="outer surface only, filled")
    group.add_argument("--thicken", type=positive, metavar="MM", help="thicken walls below this")
    group.add_argument("--hollow", type=positive, metavar="MM", help="hollow to this wall, with escape holes")
    group.add_argument(
        "--escape",
        action="append",
        default=[],
        metavar="R,A,S",
        help="place of an escape hole on the surface, mm (repeatable)",
    )
    group.add_argument(
        "--escape-holes",
        type=int,
        choices=range(1, 5),
        help="escape holes a cavity (default 1; 2 where the process needs them)",
    )
    group.add_argument(
        "--shell",
        type=positive,
        metavar="MM",
        help="a wall of this thickness around a lumen, open at the edge of the scan",
    )
    group.add_argument("--struts", action="store_true", help="bars between loose fragments")
    group.add_argument("--base", action="store_true", help="add a base")
    group.add_argument(
        "--base-kind",
        choices=BASE_KINDS,
        help="plate (default), foot of the model's own outline, or stand with columns",
    )


def _add_marking_options(group: Any) -> None:
    """Label and scale bar."""
    group.add_argument("--label", metavar="TEXT", help="text on the model, on the flattest place, else on a curved one")
    group.add_argument("--label-raised", action="store_true", help="the label stands out instead of being engraved")
    group.add_argument("--label-at", metavar="R,A,S", help="put the label nearest to this place, mm")
    group.add_argument("--scale-bar", type=positive, metavar="MM", help="engraved bar of this length, for exhibits")


def _add_cutting_options(group: Any) -> None:
    """Cuts, split, and what joins the parts again."""
    group.add_argument(
        "--cut", action="append", default=[], metavar="R=MM|A=MM|S=MM", help="cut by a plane (repeatable)"
    )
    group.add_argument(
        "--plane",
        action="append",
        default=[],
        metavar="R,A,S,R,A,S",
        help="cut by an oblique plane: a point on it and its normal (repeatable)",
    )
    group.add_argument(
        "--keep",
        action="append",
        default=[],
        choices=SIDES,
        help="keep only this side of the cuts across its axis, front or back of the planes (repeatable; default all)",
    )
    group.add_argument("--split", choices=["auto"], help="split into the fewest parts that fit the printer")
    group.add_argument(
        "--avoid",
        action="append",
        default=[],
        metavar="R,A,S[,MM]",
        help="no cut of the split comes nearer than MM (default 10) to this place (repeatable)",
    )
    group.add_argument("--pins", action="store_true", help="alignment pins across cuts, or what --joint names")
    group.add_argument(
        "--joint",
        choices=JOINTS,
        default=RunSettings.joint,
        help="printed pin (default), holes for dowels put in loose, or a dovetail; thin cuts get dowels from 1 mm",
    )
    group.add_argument(
        "--fit",
        choices=FITS,
        default=RunSettings.fit,
        help="sliding (default) or press, with the clearance of the process",
    )
    group.add_argument("--pin-diameter", type=positive, metavar="MM", help="joints of this thickness and no other")
    group.add_argument(
        "--joint-clearance", type=clearance, metavar="MM", help="gap a side in joints, instead of the fit's"
    )
    group.add_argument(
        "--magnets", metavar="DxH", help="pockets for round magnets across cuts, diameter x height in mm"
    )
