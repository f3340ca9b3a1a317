"""Peers to be measured beside: installed by pip on demand, each into a folder of its own in the cache.

pip is told which packages and no more (``--no-deps``): what a peer needs and the kit has is taken from the kit's
environment, which is never changed. The folder comes last on the path, so that nothing of the kit is replaced.
"""

import os
import subprocess
import sys
from pathlib import Path

HUB = ["datasets==5.2.0", "dill", "multiprocess", "xxhash"]
WORDS = [
    *("spacy==3.8.18", "thinc<8.4", "blis", "cymem", "preshed", "murmurhash", "srsly", "catalogue", "wasabi", "weasel"),
    *("confection", "spacy-legacy", "spacy-loggers", "cloudpathlib", "smart-open", "wrapt", "trafilatura==2.3.1", "lxml"),
    *("lxml_html_clean", "justext", "courlan", "htmldate", "dateparser", "tzlocal", "tld"),
]
"""What datatrove splits words and reads pages with."""

REQUIREMENTS = {
    "trl": ["trl==1.16.0", *HUB],
    "distilabel": ["distilabel==1.5.3", *HUB, "orjson", "tblib", "universal-pathlib", "pathlib-abc", "portalocker"],
    "datatrove": ["datatrove==0.10.1", "loguru", "dill", "multiprocess", "humanize", "xxhash<4", "nltk", "orjson", *WORDS],
    "datasketch": ["datasketch", "scipy"],
    "trafilatura": ["trafilatura==2.3.1", "lxml", "lxml_html_clean", "justext", "courlan", "htmldate", "dateparser", "tzlocal"],
    "resiliparse": ["resiliparse==2.0.1"],
    "itables": ["itables==2.9.1"],
    "ipydatagrid": ["ipydatagrid==1.4.0", "py2vega", "bqplot", "traittypes", "gast", "bqscales"],
    "quak": ["quak==0.3.5", "duckdb==2.0.1"],
    "serving": ["fastapi", "uvicorn", "openai", "starlette", "jiter", "distro", "sniffio", "opentelemetry-api"],
}
"""What pip installs for each peer; never torch."""


def folder(peer: str) -> Path:
    """Where a peer lies, whether it is there or not."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "backtranslation-kit" / "bench" / peer


def need(peer: str) -> None:
    """Make a peer importable, installing it where it is not there yet; call it before transformers is imported.

    Raises:
        LookupError: pip could not install it; the message ends with pip's reason.
    """
    place, done = folder(peer), folder(peer) / "installed"
    if not done.exists():
        print(f"installing {peer}", file=sys.stderr, flush=True)
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--upgrade", "--target", place]
        said = subprocess.run([*command, *REQUIREMENTS[peer]], capture_output=True, text=True)
        if said.returncode:
            errors = [line for line in said.stderr.splitlines() if line.startswith("ERROR")] or ["pip does not say why"]
            raise LookupError(f"{peer} cannot be installed: {errors[-1]}")
        done.touch()
    if str(place) not in sys.path:
        sys.path.append(str(place))
        known = os.environ.get("PYTHONPATH")  # for processes that a peer starts
        os.environ["PYTHONPATH"] = f"{known}{os.pathsep}{place}" if known else str(place)


def missing(*names: str) -> dict[str, str]:
    """Why peers cannot be had, by name; those that can be are importable after the call."""
    reasons = {}
    for name in names:
        try:
            need(name)
        except LookupError as error:
            reasons[name] = str(error)
    return reasons
