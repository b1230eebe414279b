"""Random hands on the panel; DICOM_TO_PRINT_ACTIONS says how many actions a seed, DICOM_TO_PRINT_SEEDS which seeds."""

import os
import sys

import pytest

pytestmark = pytest.mark.panel
ACTIONS = int(os.environ.get("DICOM_TO_PRINT_ACTIONS") or 250)
SEEDS = (os.environ.get("DICOM_TO_PRINT_SEEDS") or "1 2").split()


@pytest.mark.parametrize("seed", [int(seed) for seed in SEEDS])
def test_no_order_of_actions_makes_a_choice_or_an_exception(driver, tmp_path, seed):
    import slicer
    from Driver.random_actions import Hands, play

    from SlicerStandin.install import open_module

    def reload():
        """What `slicer.util.reloadScriptedModule` does: the module anew, the widget before cleaned up, another in its place."""
        before = driver.widget
        before.cleanup()
        before.parent.widget.hide()
        for name in [name for name in sys.modules if name.partition(".")[0] in ("DicomToPrint",)]:
            del sys.modules[name]
        driver.widget = open_module()
        driver.panel = driver.widget.panel

    hands = Hands(
        seed,
        str(tmp_path),
        lambda: slicer.modules.DicomToPrintWidget,
        reload,
        lambda: driver.widget.enter(),
        lambda: driver.widget.exit(),
    )
    faults = play(hands, ACTIONS)
    assert not faults, "\n".join([*faults, f"after {hands.done}"])
