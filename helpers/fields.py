"""Marks on the fields of settings, and what a field refuses as soon as it is set."""

from dataclasses import fields
from pathlib import Path
from typing import Any

FILE = {"file": True}
"""Marks a field that holds the path of an input, or several."""

PLACE = {"place": True}
"""Marks a field that says where the work is done. A stage does not record it, because its result does not depend on it."""

MEMORY = {"memory": True}
"""Marks a field of memory or saving. Its value changes a result by rounding, or by which values dropout draws, at most. So a
stage goes on with another one."""

JUDGES = {"judges": True}
"""Marks a field that holds judges: names, or paths of rubrics, which are text files."""


class Listed:
    """A part of the settings whose fields of several strings may be given as one string or as a list."""

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if each.type == tuple[str, ...] and not isinstance(value, tuple):
                if value is None:
                    raise ValueError(f"{each.name} is None: give an empty tuple, (), for none")
                object.__setattr__(self, each.name, (value,) if isinstance(value, (str, Path)) else tuple(value))


FORMATS = ("auto", "bf16", "fp16", "fp32")
"""Number formats that a base and a training may name."""


def refuse_impossible(settings: Any) -> None:
    """Raise ValueError where a count is no whole number above 0, or where there is no such number format."""
    for each in fields(settings):
        value = getattr(settings, each.name)
        if each.type is int and (not isinstance(value, int) or value < 1):
            raise ValueError(f"{each.name} is {value!r}: give a whole number above 0")
        if each.name in ("dtype", "precision") and value not in FORMATS:
            raise ValueError(f"{each.name} is {value!r}: there are {', '.join(FORMATS)}")
