// Keys, clicks and drags in a panel. What is sent carries the id of the pair on the screen, so that the kernel can drop
// what was meant for another one; while the kernel has not answered, the panel shows that it is busy.

const TYPING = "input, select, textarea, [role=slider], [contenteditable=true]";

function start(panel, model, signal) {
  const on = (node, name, run, more) => node.addEventListener(name, run, { signal, ...more });
  const find = (query) => panel.querySelector(query);
  const view = Math.random().toString(36).slice(2);
  const waiting = new Set();
  let count = 0, inside = false, dragged = null, clock = null;

  const send = (content, quiet) => {
    const token = `${view}-${++count}`;
    const shown = find("[data-pair]");
    waiting.add(token);
    model.send({ ...content, on: shown ? shown.dataset.pair : "", token });
    if (!quiet) setTimeout(() => waiting.has(token) && panel.classList.add("kit-busy"), 250);
  };
  const flush = () => {
    if (dragged === null || waiting.size) return;
    send({ at: dragged });
    dragged = null;
  };
  const answered = (message) => {
    waiting.delete(message.done);
    if (!waiting.size) panel.classList.remove("kit-busy");
    flush();
  };
  model.on("msg:custom", answered);
  signal.addEventListener("abort", () => model.off("msg:custom", answered));

  panel.tabIndex = 0;
  panel.setAttribute("role", "group");
  panel.setAttribute("aria-label", model.get("label"));
  // JupyterLab's own keys: "b" would insert a cell, but Ctrl+S saves the notebook.
  on(window, "keydown", (event) => {
    const plain = !(event.ctrlKey || event.metaKey || event.altKey);
    if (plain) panel.setAttribute("data-lm-suppress-shortcuts", "true");
    else panel.removeAttribute("data-lm-suppress-shortcuts");
  }, { capture: true });

  // Caught on the way down: the fields of ipywidgets let no key out.
  on(panel, "keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.closest(TYPING)) return typed(event);
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const help = find("details.kit-help");
    const search = find(".kit-search input");
    if (key === "?" && help) help.open = !help.open;
    else if (key === "/" && search) search.focus();
    else if (!model.get("watched").includes(key)) return;
    else if (!event.repeat || (model.get("held").includes(key) && !waiting.size)) send({ key });
    event.preventDefault();
    event.stopPropagation();
  }, { capture: true });
  const typed = (event) => {
    const enter = event.key === "Enter", note = event.target.matches("[data-note]");
    if (enter && note) send({ note: event.target.value });
    else if (enter && event.target.closest(".kit-search")) return setTimeout(() => panel.focus({ preventScroll: true }));
    else if (event.key !== "Escape") return;
    event.stopPropagation();
    panel.focus({ preventScroll: true });
  };

  on(panel, "click", (event) => {
    const hit = event.target.closest("[data-key], [data-sort], [data-row]");
    if (!hit || !panel.contains(hit) || hit.disabled) return;
    const { key, sort, row } = hit.dataset;
    send(key ? { key } : sort ? { sort } : { row: Number(row) });
  });

  const place = (event) => {
    const box = find("[data-drag]").getBoundingClientRect();
    dragged = Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1);
    flush();
  };
  let dragging = false;
  on(panel, "pointerdown", (event) => {
    dragging = event.button === 0 && Boolean(event.target.closest("[data-drag]"));
    if (dragging) { event.preventDefault(); panel.focus({ preventScroll: true }); place(event); }
  });
  on(window, "pointermove", (event) => dragging && place(event));
  on(window, "pointerup", () => { dragging = false; });

  on(document, "pointerdown", (event) => { inside = panel.contains(event.target); });
  on(panel, "focusin", () => { inside = true; });
  on(panel, "focusout", (event) => { if (event.relatedTarget) inside = panel.contains(event.relatedTarget); });
  const tidy = () => {
    if (inside && document.activeElement === document.body) panel.focus({ preventScroll: true });
    for (const [name, label] of Object.entries(model.get("names"))) {
      const handle = find(`.${name} [role=slider]`);
      if (handle && handle.getAttribute("aria-label") !== label) handle.setAttribute("aria-label", label);
    }
  };
  const watch = new MutationObserver(tidy);
  watch.observe(panel, { childList: true, subtree: true });

  const ticking = () => {
    clearInterval(clock);
    const seconds = model.get("tick");
    if (seconds) clock = setInterval(() => waiting.size || send({ tick: true }, true), 1000 * seconds);
  };
  model.on("change:tick", ticking);
  signal.addEventListener("abort", () => { watch.disconnect(); clearInterval(clock); model.off("change:tick", ticking); });
  ticking();
  tidy();

  // A panel that has just been made takes the keys, unless the reader types elsewhere or is in another panel.
  const active = document.activeElement;
  const young = Date.now() / 1000 - model.get("made") < 20;
  if (young && model.get("watched").length && !(active && active.closest(`.kit-panel, .cm-editor, ${TYPING}`))) {
    panel.focus({ preventScroll: true });
  }
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
