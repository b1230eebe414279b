"""Random hands on the panel: clicks, choices, deletions, closed scenes, reloads and saves in odd orders.

They fail on any exception that nobody caught, on any that the panel told the user as one inside, and on any choice
that nobody made. In the application:

    Slicer --python-script Testing/Driver/random_actions.py -- --actions 2000 --seed 1

It prints what failed and ends with 1, else with 0. Only the module's widget, `qt` and `slicer` are used.
"""

import contextlib
import logging
import sys
import tempfile
import traceback
from pathlib import Path

# The application may run a script without __file__, with the script's folder first in the path.
sys.path.insert(0, str(Path(globals().get("__file__") or Path(sys.path[0], "-")).resolve().parents[1]))

from Driver.hands import Hands


class Caught(logging.Handler):
    """What the panel logs as a fault of its own."""

    def __init__(self, faults):
        super().__init__(logging.ERROR)
        self.faults = faults

    def emit(self, record):
        if record.exc_info:
            self.faults.append("".join(traceback.format_exception(*record.exc_info)))


def play(hands, count):
    """`count` actions, or fewer where one fails; what failed, with the actions before it."""
    import slicer

    handler = Caught(hands.faults)
    logging.getLogger().addHandler(handler)
    hook = sys.excepthook

    def uncaught(kind, error, trace):
        hands.faults.append("".join(traceback.format_exception(kind, error, trace)))

    sys.excepthook = uncaught
    try:
        for _action in range(count):
            if not hands.action_slot():
                break
        slicer.app.processEvents()
    finally:
        sys.excepthook = hook
        logging.getLogger().removeHandler(handler)
    return list(hands.faults)


def main(arguments):
    """In the application: 0 where nothing failed."""
    import argparse

    import slicer

    reader = argparse.ArgumentParser(prog="random_actions")
    reader.add_argument("--actions", type=int, default=2000)
    reader.add_argument("--seed", type=int, default=0)
    chosen = reader.parse_args(arguments)
    slicer.util.selectModule("DicomToPrint")
    slicer.app.processEvents()

    def enter():
        slicer.util.selectModule("DicomToPrint")

    with tempfile.TemporaryDirectory() as folder:
        hands = Hands(
            chosen.seed,
            folder,
            lambda: slicer.modules.DicomToPrintWidget,
            lambda: slicer.modules.DicomToPrintWidget.onReload(),
            enter,
            lambda: slicer.util.selectModule("Welcome"),
        )
        faults = play(hands, chosen.actions)
    for fault in faults:
        print(fault)
    print(f"{len(hands.done)} actions of seed {chosen.seed}, {len(faults)} faults; the last: {hands.done[-8:]}")
    return int(bool(faults))


if __name__ == "__main__":
    code = 70
    with contextlib.suppress(SystemExit):
        code = main(sys.argv[2:] if sys.argv[1:2] == ["--"] else sys.argv[1:])
    import slicer

    sys.stdout.flush()
    slicer.util.exit(code)
