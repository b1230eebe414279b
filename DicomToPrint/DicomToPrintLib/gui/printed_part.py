"""The part of step 5 for what comes back from the printer: the part against its model, and the test plate of a process."""

import json
from pathlib import Path

from dicomtoprint.errors import InputError

from . import widgets
from .command_run import CommandRun
from .i18n import tr as _
from .step_view import StepView

SCANS = "*.stl *.ply *.obj *.nii *.nii.gz"
COUPON_FOLDER = "coupon"


class PrintedPart:
    """Chooses a scan of the printed part, reviews it in a child process and shows verdict and deviation; makes the coupon."""

    def __init__(self, step: StepView) -> None:
        self._step, self._panel = step, step.panel
        self._commands = {"review": CommandRun(step.guarded_slot(self._reviewed))}
        self._commands["coupon"] = CommandRun(step.guarded_slot(self._coupon_made))
        self.group, form = widgets.collapsible_form(_("The printed part"), step.layout)
        self.compare = step.button(
            _("Compare a scan of the part..."),
            _(
                "Lay a surface scan or a CT of the printed part over the model that was written, and judge the deviation."
            ),
            self._compare,
            "comparePart",
        )
        self.coupon = step.button(
            _("Make a test coupon"),
            _(
                "Write the test plate of the chosen process into the folder: printed and measured, it calibrates the printer."
            ),
            self._make_coupon,
            "makeCoupon",
        )
        form.addRow(widgets.hbox(self.compare, self.coupon))
        self.badge = widgets.status_badge()
        self.badge.objectName = "partVerdict"
        form.addRow(self.badge)
        self.figures = widgets.text_label(selectable=True)
        form.addRow(self.figures)
        self.group.collapsed = True
        self.clear()

    def clear(self) -> None:
        """No part was compared."""
        widgets.update_badge(self.badge, "")
        self.figures.visible = False

    def stop(self) -> None:
        """End what runs."""
        for command in self._commands.values():
            command.stop()

    def _compare(self) -> None:
        record = self._folder() / "record.json"
        if not record.is_file():
            raise InputError(_("There is no record in the folder: write the files first, or choose their folder."))
        part = self._panel.dialogs.file(_("Scan of the printed part"), f"{_('Scans')} ({SCANS})")
        if not part:
            return
        self.clear()
        self._start("review", str(record), "--part", part, "--quiet")

    def _make_coupon(self) -> None:
        folder = self._folder() / COUPON_FOLDER
        self._start("coupon", "--process", self._panel.settings.process, "--output", str(folder))

    def _start(self, command: str, *arguments: str) -> None:
        if any(one.running for one in self._commands.values()):
            raise InputError(_("Something is being made already: wait for it."))
        self._panel.show_message(_("Working on it ..."))
        self._commands[command].start((command, *arguments))

    def _folder(self) -> Path:
        if not self._panel.output_folder():
            raise InputError(_("No folder is chosen yet: choose one in step 5."))
        return Path(self._panel.output_folder())

    def _reviewed(self, code: int, said: str) -> None:
        if self._panel.state is None:
            return
        made = self._folder() / "review"
        if code not in (0, 1, 4) or not (made / "review.json").is_file():
            self._panel.show_message(said or _("The part could not be compared."))
            return
        self._panel.show_message("")
        content = json.loads((made / "review.json").read_text(encoding="utf-8"))
        verdict = {"pass": "accept", "fail": "reject"}.get(content["verdict"], "ask")
        widgets.update_badge(self.badge, verdict, _verdict_text(content["verdict"]))
        failed = [one["message"] for one in content["scan"]["findings"] if one["outcome"] != "pass"]
        self.figures.text = "\n".join(dict.fromkeys(failed))
        self.figures.visible = bool(failed)
        limit = content["limits"]["tolerance_mm"]
        self._panel.results.keep_review(made / "deviation.ply", limit)

    def _coupon_made(self, code: int, said: str) -> None:
        done = _("The test coupon is in the folder '{name}', with a form for what you measure.").format(
            name=COUPON_FOLDER
        )
        self._panel.show_message(done if code == 0 else said or _("The coupon could not be made."))


def _verdict_text(verdict: str) -> str:
    return {
        "pass": _("the part agrees with its model"),
        "fail": _("the part deviates from its model"),
    }.get(verdict, _("it cannot be told whether the part agrees with its model"))
