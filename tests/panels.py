"""How tests press keys in a panel: as a browser would, with the id of what is on the screen."""

import re


def on_screen(panel) -> str:
    """The id that the browser finds in the panel's HTML."""
    shown = [found for view in panel._views if (found := re.search(r'data-pair="([^"]*)"', view.value))]
    return shown[0][1] if shown else ""


def press(panel, *keys: str) -> None:
    """Press keys one after the other, each when the one before has been answered."""
    for key in keys:
        panel.events.receive(panel.events, {"key": key, "on": on_screen(panel)})
