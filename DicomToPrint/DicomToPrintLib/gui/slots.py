"""Slots that never raise: what goes wrong in one is told in one sentence, and the scene stays usable."""

import logging
from collections.abc import Callable
from typing import Any

from dicomtoprint.errors import CancelledError, DicomToPrintError

from .i18n import tr as _


class SafeSlots:
    """Makes slots of functions; `tell` takes the sentence, empty takes it away."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell

    def guarded(self, work: Callable[..., Any]) -> Callable[..., Any]:
        """`work` as a slot: whatever goes wrong is reported in one sentence."""

        def slot(*arguments: Any) -> Any:
            try:
                return work(*arguments)
            except CancelledError:
                self._tell(_("Cancelled: nothing was changed by this step."))
            except DicomToPrintError as error:
                self._tell(str(error))
            except Exception as error:
                logging.exception("DicomToPrint")
                self._tell(
                    _(
                        "Something went wrong inside ({kind}): the scene is unchanged; please report it with the log."
                    ).format(kind=type(error).__name__)
                )
            return None

        return slot

    def acting(self, work: Callable[..., Any]) -> Callable[..., Any]:
        """`work` as the slot of something that the user does: the message of before goes first."""
        slot = self.guarded(work)

        def acted(*arguments: Any) -> Any:
            self._tell("")
            return slot(*arguments)

        return acted
