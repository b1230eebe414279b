"""Numbers in sentences."""


def pluralize(number: int, one: str, many: str = "") -> str:
    """A count with its noun, such as `1 cavity` and `2 cavities`; `many` is `one` with an s where it is not given."""
    return f"{number} {one if number == 1 else many or one + 's'}"
