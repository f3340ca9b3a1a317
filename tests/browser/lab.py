"""A real JupyterLab in a headless Chromium, offline, with a home of its own."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from socket import socket

import nbformat

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
QUIET += ["--disable-sync", "--no-first-run"]
CELLS = """
import os
from pathlib import Path
import pandas as pd
from helpers.widgets import LabelPanel, PairBrowser, ThresholdPanel
Path("kernel.pid").write_text(str(os.getpid()))
pairs, ratings, reference = (pd.read_parquet(f"{name}.parquet") for name in ("pairs", "ratings", "reference"))
truth = pd.read_parquet("truth.parquet").set_index("pair_id")["right"]
near = pd.DataFrame({"pair_id": pairs.pair_id[:-1], "neighbour_id": pairs.pair_id.to_numpy()[1:], "similarity": .91})
#---
browser = PairBrowser(pairs, ratings, near, labels_path=Path("read.jsonl"))
browser
#---
import json
def save(decision):
    Path("decision.json").write_text(json.dumps(decision))
    return Path("decision.json")
labels = pd.DataFrame({"pair_id": truth.index[::40], "label": ["good" if r else "bad" for r in truth[::40]]})
threshold = ThresholdPanel(
    pairs, ratings, judge=["log p(y|x)", "log p(x|y)"], value=300, save=save, reference=reference, labels=labels,
    truth=truth, fork_command="python -m helpers run --run tiny-strict --fork tiny --from 05_forward_model-1",
)
threshold
#---
LabelPanel(pairs, ratings, judge="rating", path=Path("labels.jsonl"), n=30)
"""


def write_notebook(folder: Path, **frames) -> Path:
    """A notebook with the three panels on the given frames, in `folder`."""
    for name, frame in frames.items():
        frame.to_parquet(folder / f"{name}.parquet")
    cells = [nbformat.v4.new_code_cell(source.strip()) for source in CELLS.split("#---")]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    path = folder / "panels.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), path)
    return path


def soon(check: Callable, *, seconds: float = 20):
    """The first true value of `check`, or the last one when the time is over."""
    end = time.monotonic() + seconds
    while not (value := check()) and time.monotonic() < end:
        time.sleep(0.1)
    return value


def number(panel) -> int:
    """The big number at the head of a panel."""
    return int(re.match(r"[\d,]+", panel.get_by_role("status").first.inner_text())[0].replace(",", ""))


def free_port() -> int:
    with closing(socket()) as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


@contextmanager
def lab(folder: Path, *, dark: bool = False, timeout: float = 90) -> Iterator[str]:
    """JupyterLab on `folder`; yields its address. Settings, kernels and history live in `folder`/home."""
    home = folder / "home"
    settings = home / "lab" / "user-settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    theme = "JupyterLab Dark" if dark else "JupyterLab Light"
    (settings / "themes.jupyterlab-settings").write_text(json.dumps({"theme": theme}))
    (settings / "notification.jupyterlab-settings").write_text('{"fetchNews": "false", "checkForUpdates": false}')
    port = free_port()
    env = os.environ | {"HOME": str(home), "JUPYTERLAB_SETTINGS_DIR": str(home / "lab" / "user-settings")}
    env |= {"JUPYTERLAB_WORKSPACES_DIR": str(home / "lab" / "workspaces"), "IPYTHONDIR": str(home / "ipython")}
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--port={port}"]
    command += ["--ServerApp.port_retries=0", "--IdentityProvider.token=", f"--ServerApp.root_dir={folder}"]
    command += ["--LabApp.news_url=", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    command += ["--LabApp.extension_manager=readonly"]
    with (home / "lab.log").open("w") as log:
        server = subprocess.Popen(command, env=env, cwd=folder, stdout=log, stderr=log)
    try:
        _wait(f"http://127.0.0.1:{port}/api/status", server, home / "lab.log", timeout)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()


def _wait(url: str, server: subprocess.Popen, log: Path, timeout: float) -> None:
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        try:
            urllib.request.urlopen(url, timeout=2).close()
            return
        except (urllib.error.URLError, OSError):
            if server.poll() is not None:
                break
            time.sleep(0.2)
    raise RuntimeError(f"JupyterLab did not answer at {url} within {timeout} s: {log.read_text()[-2000:]}")


def watch(page) -> tuple[list[str], list[str]]:
    """Console errors, and requests that leave the machine, from now on."""
    errors, strangers = [], []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    home = ("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:", "about:")
    page.on("request", lambda request: None if request.url.startswith(home) else strangers.append(request.url))
    return errors, strangers


def run_all(page, url: str, name: str = "panels.ipynb", *, timeout: float = 120) -> None:
    """Open a notebook in a clean workspace, hide the side bar, run every cell and wait for the last panel."""
    page.goto(f"{url}/lab/tree/{name}?reset", timeout=60_000)
    page.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]').wait_for(timeout=60_000)
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=60_000)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    dialog = page.get_by_role("dialog").get_by_role("button", name="Select")
    if dialog.is_visible():
        dialog.click()
    failed = page.locator('[data-mime-type="application/vnd.jupyter.error"]').first
    panel = page.locator(".kit-panel").nth(2)
    panel.or_(failed).first.wait_for(timeout=timeout * 1000, state="attached")
    assert failed.count() == 0, failed.inner_text()
