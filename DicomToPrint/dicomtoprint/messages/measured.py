"""A measured value in a sentence that names the limit beside it."""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Measured:
    """A value that never reads like a limit which it is not: it gets as many digits as that takes."""

    value: float
    limits: tuple[float, ...]

    def __format__(self, spec: str) -> str:
        text = format(self.value, spec)
        for _more in range(6):
            shown = float(text.rstrip("%")) / (100.0 if text.endswith("%") else 1.0)
            others = (limit for limit in self.limits if limit != self.value)
            if not any(abs(shown - limit) < 1e-9 * max(abs(limit), 1e-3) for limit in others):
                break
            spec = re.sub(
                r"[.](\d+)",
                lambda digits: f".{int(digits[1]) + 1}",
                spec if "." in spec else f".6{spec or 'g'}",
            )
            text = format(self.value, spec)
        return text
