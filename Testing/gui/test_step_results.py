"""Which step of the panel a setting concerns."""

from dataclasses import fields

from dicomtoprint.config.run_settings import RunSettings
from DicomToPrintLib.gui.step_results import STEP_OF_SETTING, earliest_affected_step


def test_every_setting_belongs_to_one_step():
    """One without a step would throw away the scan, and all after it, whenever it is changed."""
    listed = [name for names in STEP_OF_SETTING.values() for name in names]
    assert sorted(listed) == sorted(field.name for field in fields(RunSettings))
    assert {earliest_affected_step(name) for name in ("pins", "joint", "fit", "pin_diameter", "slice_with")} == {
        "print"
    }
