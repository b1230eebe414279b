"""Numbers in sentences."""

from .messages import Message, plural


def pluralize(number: int, one: str, many: str = "") -> Message:
    """A count with its noun, such as `1 cavity` and `2 cavities`; `many` is `one` with an s where it is not given."""
    return plural(f"{{number}} {one}", f"{{number}} {many or one + 's'}", number)
