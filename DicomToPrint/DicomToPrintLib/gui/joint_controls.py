"""The part of step 4 that says how the parts of a cut model are joined."""

from typing import Any

from . import widgets
from .i18n import tr as _
from .step_view import StepView


class JointControls:
    """Kind, fit, thickness and clearance of the joints; shown where joints are asked for."""

    def __init__(self, step: StepView, form: Any) -> None:
        self.form = form
        change = step.panel.change
        self.kind = widgets.combo_box(
            [
                ("pin", _("printed pins")),
                ("dowel", _("holes for dowels")),
                ("dovetail", _("dovetail")),
            ],
            _("What brings the parts together; where there is no room for it, dowels from 1 mm are made."),
            step.guarded_slot(lambda key: change(joint=key)),
            "joint",
        )
        form.addRow(_("Joint"), self.kind)
        self.fit = widgets.combo_box(
            [("sliding", _("sliding")), ("press", _("press"))],
            _("The clearance is the process's for this fit."),
            step.guarded_slot(lambda key: change(fit=key)),
            "fit",
        )
        form.addRow(_("Fit"), self.fit)
        self.diameter = step.number(
            "pin_diameter", 0.0, 30.0, 0.5, _("Joints of this thickness and no other."), _("as there is room")
        )
        form.addRow(_("Thickness of joints"), self.diameter)
        self.clearance = step.number(
            "joint_clearance", 0.0, 2.0, 0.05, _("Gap a side, instead of the fit's."), _("as the fit needs")
        )
        form.addRow(_("Clearance"), self.clearance)

    def refresh(self, settings: Any) -> None:
        """Shows what is set."""
        widgets.select_silently(self.kind, settings.joint)
        widgets.select_silently(self.fit, settings.fit)
        widgets.set_property_silently(self.diameter, "value", settings.pin_diameter or 0.0)
        widgets.set_property_silently(self.clearance, "value", settings.joint_clearance or 0.0)
        for widget in (self.kind, self.fit, self.diameter, self.clearance):
            widgets.set_row_visible(self.form, widget, settings.pins)
