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
TESTS = str(Path(__file__).parents[1])
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
QUIET += ["--disable-sync", "--no-first-run"]
CELLS = """
import os, sys
from pathlib import Path
import pandas as pd
sys.path.insert(0, {tests!r})
from panels import FileLauncher
from helpers.curation import LIKELIHOODS, Decision
from helpers.widgets import AnswersTable, ComparePanel, CurationTable, ThresholdPanel, VotePanel
Path("kernel.pid").write_text(str(os.getpid()))
pairs, ratings, reference = (pd.read_parquet(f"{{name}}.parquet") for name in ("pairs", "ratings", "reference"))
truth = pd.read_parquet("truth.parquet").set_index("pair_id")["right"]
rule = Decision(LIKELIHOODS, "top", min(300, len(pairs) // 2))
#---
table = CurationTable(
    pairs, ratings, rule, labels=Path("labels.jsonl"), save_rows=Path("rows.csv"), truth=truth,
)
table
#---
threshold = ThresholdPanel(
    pairs, ratings, rule, default=rule, launcher=FileLauncher("."), labels=Path("labels.jsonl"),
    truth=truth, reference=reference,
)
threshold
#---
prompts = pairs.head(12).rename(columns={{"pair_id": "prompt_id", "header_path": "family"}})
answers = pd.concat([
    pd.DataFrame({{"prompt_id": prompts.prompt_id, "arm": arm, "text": prompts.output.str.slice(0, n)}})
    for i, (arm, n) in enumerate([("M_0", 160), ("M_2", 420)])
])
answers.loc[answers.prompt_id.isin(prompts.prompt_id[:3]), "text"] = "The same."
AnswersTable(answers, prompts, first="M_2", second="M_0", grades=answers.assign(score=answers.text.str.len() / 500))
#---
VotePanel(answers, prompts, first="M_2", second="M_0", path=Path("votes.jsonl"))
#---
graded = answers.assign(score=answers.text.str.len() / 500, draw=0, in_seed=False, family="f" + answers.prompt_id.str[-1])
both = pd.concat([graded.assign(run="tiny"), graded.assign(run="strict", score=graded.score * 1.2)])
ComparePanel(
    ("tiny", "strict"), pairs.head(300), pairs.iloc[100:350], grades=both, prompts=prompts,
    settings=({{"curation": {{"rule": "top", "value": 600}}}}, {{"curation": {{"rule": "top", "value": 250}}}}),
    answers=both.assign(text=both.text + both.run),
)
"""
PANELS = ["curation", "threshold", "answers", "votes", "compare"]


def write_notebook(folder: Path, **frames) -> Path:
    """A notebook with the panels of `PANELS` on the given frames, in `folder`."""
    for name, frame in frames.items():
        frame.to_parquet(folder / f"{name}.parquet")
    cells = [nbformat.v4.new_code_cell(source.strip()) for source in CELLS.format(tests=TESTS).split("#---")]
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


def run_all(page, url: str, name: str = "panels.ipynb", *, panels: int = 6, timeout: float = 120) -> None:
    """Open a notebook in a clean workspace, hide the side bar, run every cell and wait for the last of its panels."""
    page.goto(f"{url}/lab/tree/{name}?reset", timeout=60_000)
    page.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]').wait_for(timeout=60_000)
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=60_000)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    dialog = page.get_by_role("dialog").get_by_role("button", name="Select")
    if dialog.is_visible():
        dialog.click()
    failed = page.locator('[data-mime-type="application/vnd.jupyter.error"]').first
    last = page.locator(".kit-panel").nth(panels - 1)
    last.or_(failed).first.wait_for(timeout=timeout * 1000, state="attached")
    assert failed.count() == 0, failed.inner_text()
