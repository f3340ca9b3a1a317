"""Handles keys in a panel, clicks on its rows and drags on its drawing, which ipywidgets cannot do. See `events.js`.

A press is meant for the pair that was on the screen when it was made. The browser sends the id of that pair with it (the
`data-pair` attribute in the panel). If the kernel shows another pair by then, the press is dropped, and the panel says so.
"""

import time
from collections.abc import Callable
from pathlib import Path

import anywidget
import traitlets


class Events(anywidget.AnyWidget):
    """An invisible child of a panel (any widget of class `kit-panel`) that reports what the reader does there.

    Args:
        label: accessible name of the panel.
        keys: key -> what it does, a function without arguments. Keys are small letters or names of `KeyboardEvent.key`;
            nothing is reported while the reader types into a field.
        held: keys that go on while they are held down; of any other, a press counts once.
        bound: keys that mean the pair on the screen, as the click on an element with `data-key` does.
        shown: gives the id of the pair that the kernel shows now.
        names: CSS class of a slider -> its accessible name.
        on_row: called with the number in the `data-row` attribute of the clicked element.
        on_sort: called with the name in the `data-sort` attribute of the clicked element.
        on_note: called with the text of the field `data-note` when Enter is pressed in it; bound to the pair too.
        on_at: called with the place (0 to 1, from the left) to which the element with `data-drag` was dragged.
        on_missed: called with the number of presses and notes that were dropped since the last one that was taken.
        on_tick: called every `tick` seconds while a browser shows the panel and `tick` is not 0.
    """

    _esm = Path(__file__).with_name("events.js")
    label = traitlets.Unicode().tag(sync=True)
    watched = traitlets.List(traitlets.Unicode()).tag(sync=True)
    held = traitlets.List(traitlets.Unicode()).tag(sync=True)
    names = traitlets.Dict().tag(sync=True)
    tick = traitlets.Float(0).tag(sync=True)
    made = traitlets.Float().tag(sync=True)

    def __init__(
        self,
        *,
        label: str,
        keys: dict[str, Callable[[], None]] | None = None,
        held: tuple[str, ...] = (),
        bound: tuple[str, ...] = (),
        shown: Callable[[], str] = str,
        names: dict[str, str] | None = None,
        on_row: Callable[[int], None] | None = None,
        on_sort: Callable[[str], None] | None = None,
        on_note: Callable[[str], None] | None = None,
        on_at: Callable[[float], None] | None = None,
        on_missed: Callable[[int], None] | None = None,
        on_tick: Callable[[], None] | None = None,
    ):
        self._keys, self._bound, self._shown = keys or {}, bound, shown
        self._calls = {"row": (int, on_row), "sort": (str, on_sort), "note": (str, on_note), "at": ((int, float), on_at)}
        self._on_tick, self._on_missed, self._missed = on_tick, on_missed, 0
        super().__init__(label=label, watched=list(self._keys), held=list(held), names=names or {}, made=time.time())
        self.on_msg(self.receive)

    def receive(self, _widget, message: dict, _buffers=None) -> None:
        """Handle a message of the browser, such as `{"key": "g", "on": "<id of the pair>"}`, and confirm it."""
        try:
            self._act(message)
        finally:
            if "token" in message:
                self.send({"done": message["token"]})

    def _act(self, message: dict) -> None:
        key, meant = message.get("key"), message.get("on") == self._shown()
        if key in self._bound or "note" in message:
            self._count(meant)
        if key in self._keys and (meant or key not in self._bound):
            self._keys[key]()
        for name, (kind, call) in self._calls.items():
            value = message.get(name)
            if call and isinstance(value, kind) and not isinstance(value, bool) and (meant or name != "note"):
                call(value)
        if self._on_tick and message.get("tick") is True:
            self._on_tick()

    def _count(self, taken: bool) -> None:
        before, self._missed = self._missed, 0 if taken else self._missed + 1
        if self._on_missed and self._missed != before:
            self._on_missed(self._missed)
