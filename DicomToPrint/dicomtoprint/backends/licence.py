"""The licence of a backend's task: shown, and confirmed before it runs."""

from ..errors import UnansweredQuestionError
from ..messages import _
from .profile import USES, Backend, BackendTask


def licence_notice(backend: Backend, task: BackendTask) -> str:
    """What the licence is and allows, and what the program sends, for who confirms it."""
    return _(
        "{backend}, task {task}: {licence}; for {uses}. {licence2} {telemetry}",
        backend=backend.title,
        task=task.name,
        licence=task.licence.title,
        uses=USES[task.licence.use],
        licence2=task.licence.text,
        telemetry=backend.telemetry,
    )


def require_confirmed_licence(backend: Backend, task: BackendTask, confirmed: str | None) -> None:
    """Raises `UnansweredQuestionError` with the licence where it was not confirmed by the backend's name."""
    if (confirmed or "").strip().casefold() != backend.name.casefold():
        raise UnansweredQuestionError(
            _(
                "{licence_notice} Its licence was not confirmed: read it, and add {--confirm-licence:{backend}}.",
                licence_notice=licence_notice(backend, task),
                backend=backend.name,
            )
        )
