"""Code that the tests of the panels share: pressing keys as a browser does, and a launcher that trains nothing."""

import json
import re
from pathlib import Path


def on_screen(panel) -> str:
    """The id that the browser finds in the panel's HTML."""
    shown = [found for view in panel._views if (found := re.search(r'data-pair="([^"]*)"', view.value))]
    return shown[0][1] if shown else ""


def from_elsewhere(path: Path, **row: object) -> None:
    """Add a line to a file of labels as another kernel does, which tells the panels of this one nothing."""
    with Path(path).open("a") as file:
        file.write(json.dumps(row) + "\n")


def press(panel, *keys: str) -> None:
    """Press keys one after the other, each when the one before has been answered."""
    for key in keys:
        panel.events.receive(panel.events, {"key": key, "on": on_screen(panel)})


class FileLauncher:
    """Writes the decision of a run into a file and says that it runs until the file `<name>.done` is there."""

    def __init__(self, folder: Path):
        self.folder = Path(folder)

    def command(self, name: str) -> str:
        return f"python -m helpers run --run {name}"

    def start(self, name: str, record: dict) -> None:
        path = self.folder / f"{name}.json"
        if path.exists():
            raise ValueError(f"there is a run {name!r} already: choose another name")
        path.write_text(json.dumps(record))

    def state(self, name: str) -> dict | None:
        if not (self.folder / f"{name}.json").exists():
            return None
        done = (self.folder / f"{name}.done").exists()
        line = "05_forward_model-1: step 120 of 300" if not done else "07 done"
        return {"running": not done, "line": line, "log": f"04 done\n{line}", "code": 0 if done else None}

    def stop(self, name: str) -> None:
        (self.folder / f"{name}.done").touch()
