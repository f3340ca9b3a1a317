"""What the command line asks of its values before any work is done, and what it says where the system refuses."""

import os
from argparse import ArgumentTypeError, Namespace
from pathlib import Path


def count(text: str) -> int:
    """A whole number above 0."""
    if not text.strip().isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"{text!r} is no whole number above 0: give 1 or more, or leave the option out")
    return int(text)


def folder(text: str) -> Path:
    """A folder to write into: it is there, or it can be made."""
    path = Path(text).absolute()
    there = next(place for place in (path, *path.parents) if place.exists())
    if not text.strip() or not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        why = f"{there} is a file" if there.is_file() else f"nothing may be written in {there}"
        raise ArgumentTypeError(f"{text!r} cannot be a folder: {why if text.strip() else 'it is empty'}; name another")
    return path


def inputs(args: Namespace) -> dict[str, str | list[str]]:
    """The inputs named on the command line, paths made absolute: relative ones start at the working folder.

    Raises:
        ValueError: one of them names no file, no folder and nothing on the hub.
    """

    def absolute(option: str, named: str) -> str:
        path = Path(named).expanduser()
        if "://" not in named and path.exists():
            return str(path.resolve())
        on_hub = "://" in named or (option == "base" and not named.startswith(("/", ".", "~")) and path.suffix != ".gguf")
        if not on_hub:
            raise ValueError(f"--{option.replace('_', '-')}: {path.absolute()} is not there; correct the path")
        return named

    given = {name: getattr(args, name) for name in ("base", "pages", "seed_pairs", "prompts")}
    return {
        name: [absolute(name, each) for each in value] if isinstance(value, list) else absolute(name, value)
        for name, value in given.items()
        if value
    }


def refuse_empty(given: dict[str, object]) -> None:
    """Refuse options with an empty value, which would look as if they were not given.

    Args:
        given: the parsed options by name.

    Raises:
        ValueError: one is empty.
    """
    for name, value in given.items():
        texts = [text for text in (value if isinstance(value, list) else [value]) if isinstance(text, str)]
        if not all(text.strip() for text in texts):
            option = "from" if name == "start" else name.replace("_", "-")
            raise ValueError(f"the value of {option!r} is empty: give one, or leave the option out")


def refused(error: OSError) -> str:
    """What the system refused, in one line; errors without a number are the kit's own and say what to do."""
    if error.errno is None:
        return str(error)
    if error.filename is None:
        return f"{error.strerror}: check the room on the disk, and the network"
    return f"{os.fsdecode(error.filename)}: {error.strerror}: check this path, and that you may read and write there"
