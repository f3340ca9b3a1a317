"""The task families of the mini web, in one module for each field of knowledge."""

import importlib
import pkgutil
from functools import cache

from helpers.miniweb.family import Family


@cache
def all_families() -> dict[str, Family]:
    """Every family by name, in the order of the modules and of their lists."""
    modules = sorted(module.name for module in pkgutil.iter_modules(__path__))
    found = [f for name in modules for f in importlib.import_module(f"{__name__}.{name}").FAMILIES]
    return {family.name: family for family in found}


def family(name: str) -> Family:
    """The family called ``name``.

    Raises:
        ValueError: there is none of that name.
    """
    if name not in all_families():
        raise ValueError(f"unknown family {name!r}; the mini web has {', '.join(all_families())}")
    return all_families()[name]
