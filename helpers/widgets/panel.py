"""Code that all panels share: a widget in the kit's style with a static picture of itself, rows of controls, buttons."""

import re
from collections.abc import Callable

import ipywidgets as W
from IPython.display import HTML, display

from helpers.widgets.events import Events
from helpers.widgets.style import STYLE

VIEW = "application/vnd.jupyter.widget-view+json"
CAPTION = "The panel as it stood when this cell was run. Run this cell again to use it."


INLINE = {
    "kit-head": "font-size:20px;",
    "kit-title": "font-size:12px;font-weight:600;margin-top:12px;",
    "kit-instruction": "font-size:16px;font-weight:600;",
    "kit-output": "border:1px solid #d8dee4;padding:8px;max-height:260px;overflow:auto;",
    "kit-text": "white-space:pre-wrap;",
    "kit-stat": "display:inline-block;margin-right:28px;vertical-align:top;",
    "kit-card": "border-top:1px solid #d8dee4;padding:6px 0;",
    "kit-side": "display:inline-block;width:48%;margin-right:1%;vertical-align:top;",
    "kit-scroll": "max-height:260px;overflow:auto;",
    "kit-command": "display:block;padding:6px;",
}
"""CSS class -> inline style of a picture, for front ends that strip the style sheet."""


class Panel:
    """A panel as a notebook shows it. A subclass names its `_views` (parts without controls) and passes all its parts.

    A panel is displayed twice: as a picture, which needs no kernel, and as the live widget. If the widget can be shown, the
    style sheet hides the picture; if not, it hides the front end's message about the widget. The two are separate outputs,
    because a front end that takes a widget from a bundle never falls back to the HTML in the same bundle.
    """

    _views: tuple[W.HTML, ...]

    def _assemble(self, *parts: W.Widget, **events: object) -> None:
        self._missed = W.HTML().add_class("kit-missed")
        self.events = Events(**events, on_missed=self._say_missed)
        self.widget = W.VBox([W.HTML(STYLE), *parts, self._missed, self.events]).add_class("kit-panel")

    def _say_missed(self, count: int) -> None:
        told = f"{count} key presses or notes" if count > 1 else "1 key press or note"
        words = f"Not counted, because made before this pair was on the screen: {told}"
        self._missed.value = f'<div role="status">{words}</div>' if count else ""

    def _ipython_display_(self) -> None:
        display(self._picture(), raw=True)
        display(self._live(), raw=True)

    show = _ipython_display_
    """Display the panel, in a cell that does not end with it."""

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, object]:
        return self._live() | self._picture()

    def _live(self) -> dict[str, object]:
        view = self.widget._repr_mimebundle_()[VIEW]
        return {VIEW: view, "text/plain": ""}

    def _picture(self) -> dict[str, object]:
        twin = f'<div class="kit-twin">{self.static().data}<div class="kit-soft"><i>{CAPTION}</i></div></div>'
        return {"text/html": twin, "text/plain": f"[{self.events.label}] {CAPTION}"}

    def static(self) -> HTML:
        """The panel without its controls, for places where it cannot be used."""
        return HTML(f'{STYLE}<div class="kit-static">{still("".join(view.value for view in self._views))}</div>')


def still(markup: str) -> str:
    """Views for a picture. Buttons become words, and the important styles are written into the tags.

    A front end that does not trust a notebook strips the style sheet; JupyterLab and nbconvert keep inline styles. Foreign
    texts are escaped, so that every tag found here is the kit's own.
    """
    words = re.sub(r'<button class="(kit-(?:open|sort|link))"[^>]*>(.*?)</button>', r'<span class="\1">\2</span>', markup)
    words = re.sub(r' data-(?:row|drag|pair)="[^"]*"', "", words)
    return re.sub(r'class="([^"]*)"(?! style=)', _with_looks, words)


def _with_looks(found: re.Match) -> str:
    looks = "".join(INLINE.get(name, "") for name in found[1].split())
    return f'{found[0]} style="{looks}"' if looks else found[0]


def row(*controls: W.Widget, **layout: str) -> W.HBox:
    """Controls side by side; they wrap into a new line if there is no room."""
    return W.HBox(controls, layout=W.Layout(flex_flow="row wrap", **layout))


def button(name: str, run: Callable, *values: object, **layout: str) -> W.Button:
    """A button that calls `run(*values)`. Buttons for the pair on the screen are made by `html.keys` instead."""
    made = W.Button(description=name, layout=W.Layout(**layout))
    made.on_click(lambda _: run(*values))
    return made


def choice(name: str, options: list, *, wide: str = "72px") -> W.Dropdown:
    """A dropdown that shows its options cut to 40 characters."""
    return W.Dropdown(description=name, options=[(str(o)[:40], o) for o in options], style={"description_width": wide})
