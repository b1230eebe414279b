"""What a backend is asked for: one of its tasks, or the model in a folder."""

from ..errors import UsageError
from ..messages import _, join
from .model_folder import open_model_folder
from .profile import Backend, BackendTask


def open_task(backend: Backend, name: str) -> BackendTask:
    """The task of that name, the default one where `name` is empty; of a backend for models the folder of one.

    Raises `UsageError` that lists the tasks, or says what is missing in the folder.
    """
    if backend.kind == "model-folder":
        return open_model_folder(backend, name)
    task = backend.tasks.get(name or backend.default_task)
    if task is None:
        raise UsageError(
            _(
                "{backend} has no task '{name}': choose of {tasks}.",
                backend=backend.title,
                name=name,
                tasks=join(", ", backend.tasks),
            )
        )
    return task
