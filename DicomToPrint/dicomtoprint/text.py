"""Numbers in sentences."""

from .messages import plural


def pluralize(number: int, one: str, many: str = "") -> str:
    """A count with its noun, such as `1 cavity` and `2 cavities`; `many` is `one` with an s where it is not given. A `Message`."""
    return plural(f"{{number}} {one}", f"{{number}} {many or one + 's'}", number)
