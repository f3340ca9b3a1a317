"""What ipywidgets cannot do: keys pressed in a panel, clicks on its table rows, and accessible names of sliders."""

from collections.abc import Callable

import anywidget
import traitlets

ESM = """
const TYPING = "input, select, textarea, [role=slider]";

function start(panel, model, signal) {
  const on = (node, name, run) => node.addEventListener(name, run, { signal });
  let inside = false;
  panel.tabIndex = 0;
  panel.setAttribute("role", "group");
  panel.setAttribute("aria-label", model.get("label"));
  panel.setAttribute("data-lm-suppress-shortcuts", "true");  // else "b" would insert a notebook cell
  on(panel, "keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest(TYPING)) return;
    if (!model.get("watched").includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    model.send({ key: event.key });
  });
  on(panel, "click", (event) => {
    const row = event.target.closest("[data-row]");
    if (row && panel.contains(row)) model.send({ row: Number(row.dataset.row) });
  });
  on(document, "pointerdown", (event) => { inside = panel.contains(event.target); });
  on(panel, "focusin", () => { inside = true; });
  const tidy = () => {
    if (inside && document.activeElement === document.body) panel.focus({ preventScroll: true });
    for (const [name, label] of Object.entries(model.get("names"))) {
      const handle = panel.querySelector(`.${name} [role=slider]`);
      if (handle && handle.getAttribute("aria-label") !== label) handle.setAttribute("aria-label", label);
    }
  };
  const watch = new MutationObserver(tidy);
  watch.observe(panel, { childList: true, subtree: true });
  signal.addEventListener("abort", () => watch.disconnect());
  tidy();
}

function render({ model, el }) {
  const stop = new AbortController();
  el.style.display = "none";
  const wait = setInterval(() => {
    const panel = el.closest(".kit-panel");
    if (!panel) return;
    clearInterval(wait);
    start(panel, model, stop.signal);
  }, 30);
  return () => { clearInterval(wait); stop.abort(); };
}

export default { render };
"""


class Events(anywidget.AnyWidget):
    """An invisible child of a panel (any widget of class `kit-panel`) that reports what the reader does there.

    Args:
        label: accessible name of the panel.
        keys: keys to report, as `KeyboardEvent.key` spells them; ignored while the reader types into a field.
        names: CSS class of a slider -> its accessible name.
        on_key: called with the key.
        on_row: called with the number in the `data-row` attribute of what was clicked.
    """

    _esm = ESM
    label = traitlets.Unicode().tag(sync=True)
    watched = traitlets.List(traitlets.Unicode()).tag(sync=True)
    names = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        *,
        label: str,
        keys: list[str] = (),
        names: dict[str, str] | None = None,
        on_key: Callable[[str], None] | None = None,
        on_row: Callable[[int], None] | None = None,
    ):
        super().__init__(label=label, watched=list(keys), names=names or {})
        self._on_key, self._on_row = on_key, on_row
        self.on_msg(self.receive)

    def receive(self, _widget, message: dict, _buffers=None) -> None:
        """Pass a message of the browser on: `{"key": "j"}` or `{"row": 3}`."""
        if self._on_key and message.get("key") in self.watched:
            self._on_key(message["key"])
        if self._on_row and isinstance(message.get("row"), int):
            self._on_row(message["row"])
