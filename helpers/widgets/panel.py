"""What the panels share: a widget in the kit's style that a notebook displays, rows of controls, buttons."""

from collections.abc import Callable

import ipywidgets as W
from IPython.display import HTML, display

from helpers.widgets.events import Events
from helpers.widgets.style import STYLE


class Panel:
    """A panel as a notebook shows it. A subclass names its `_views` (those without controls) and hands all parts over."""

    _views: tuple[W.HTML, ...]

    def _assemble(self, *parts: W.Widget, **events: object) -> None:
        self.events = Events(**events)
        self.widget = W.VBox([W.HTML(STYLE), *parts, self.events]).add_class("kit-panel")

    def show(self) -> None:
        """Display the panel."""
        display(self.widget)

    _ipython_display_ = show

    def static(self) -> HTML:
        """The panel as it stands without its controls, for places where nothing can be moved."""
        return HTML(f'{STYLE}<div class="kit-static">{"".join(view.value for view in self._views)}</div>')


def row(*controls: W.Widget, **layout: str) -> W.HBox:
    """Controls side by side; those that find no room go on below."""
    return W.HBox(controls, layout=W.Layout(flex_flow="row wrap", **layout))


def button(name: str, run: Callable, *values: object, **layout: str) -> W.Button:
    """A button that calls `run(*values)`."""
    made = W.Button(description=name, layout=W.Layout(**layout))
    made.on_click(lambda _: run(*values))
    return made
