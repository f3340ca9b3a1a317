"""A hub on this machine: serves folders as repositories over HTTP, as the Hugging Face hub does for its client.

It knows the requests that `HfFileSystem` and `hf_hub_download` make: what a repository is, its tree, and its files in
ranges. Private, gated and missing repositories answer with the hub's own status and `X-Error-Code`.
"""

import hashlib
import json
import re
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

from huggingface_hub import HfFileSystem, constants

TOKEN = "hf_reader"
"""The only token that the hub knows; it may read private repositories, and gated ones that are `granted`."""

INFO = re.compile(r"/api/(?P<kind>models|datasets)/(?P<name>[^/]+/[^/]+)(/revision/(?P<revision>[^/]+))?")
TREE = re.compile(r"/api/(?P<kind>models|datasets)/(?P<name>[^/]+/[^/]+)/tree/(?P<revision>[^/]+)(/(?P<path>.*))?")
FILE = re.compile(r"/(?P<kind>datasets/)?(?P<name>[^/]+/[^/]+)/resolve/(?P<revision>[^/]+)/(?P<path>.*)")


@dataclass(frozen=True)
class Repository:
    """A folder on the hub.

    Attributes:
        folder: its files, which are the same at every revision.
        private: whether only the known token can see it.
        gated: whether everybody can see and list it, but only a token that is `granted` access can read its files.
        granted: whether the known token has access.
        revisions: names of its branches and tags.
    """

    folder: Path
    private: bool = False
    gated: bool = False
    granted: bool = False
    revisions: tuple[str, ...] = ("main",)


class Hub:
    """A server on a free port of the loopback, running until the `with` block ends.

    Attributes:
        repositories: by kind and name, "datasets/OWNER/NAME" or "models/OWNER/NAME".
        requests: method and path of every request so far.
        url: what `HF_ENDPOINT` must be.
    """

    def __init__(self):
        self.repositories: dict[str, Repository] = {}
        self.requests: list[tuple[str, str]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Answers", (_Answers,), {"hub": self}))
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    def add(self, name: str, folder: Path, *, kind: str = "datasets", **settings) -> str:
        """Serve a folder as OWNER/NAME; `settings` are those of `Repository`. Returns its `hf://` path."""
        self.repositories[f"{kind}/{name}"] = Repository(Path(folder), **settings)
        return f"hf://{name}" if kind == "models" else f"hf://{kind}/{name}"

    def connect(self, monkeypatch, *, token: str | None = None) -> None:
        """Point the hub's client at this server: in this process and, by the environment, in those it starts."""
        monkeypatch.setenv("HF_ENDPOINT", self.url)
        monkeypatch.setenv("HF_HUB_OFFLINE", "0")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.setenv("HF_TOKEN", token) if token else monkeypatch.delenv("HF_TOKEN", raising=False)
        monkeypatch.setattr(constants, "HF_TOKEN_PATH", "/nowhere/token")
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setattr(constants, "ENDPOINT", self.url)
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", self.url + "/{repo_id}/resolve/{revision}/{filename}")
        HfFileSystem.clear_instance_cache()


class _Answers(BaseHTTPRequestHandler):
    """The answers to one client of `hub`."""

    hub: Hub
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self._answer()

    def do_HEAD(self):
        self._answer()

    def log_message(self, *_):
        """Nothing: the tests read `requests`."""

    def _answer(self):
        path = urlsplit(self.path).path
        self.hub.requests.append((self.command, unquote(path)))
        for shape, respond in ((TREE, self._tree), (INFO, self._info), (FILE, self._file)):
            if asked := shape.fullmatch(path):
                return self._in_repository({key: unquote(value or "") for key, value in asked.groupdict().items()}, respond)
        return self._refuse(404, "")

    def _in_repository(self, asked: dict, respond):
        """Refuse as the hub does, or go on."""
        repository = self.hub.repositories.get(f"{asked['kind'].strip('/') or 'models'}/{asked['name']}")
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in ("", TOKEN):
            return self._refuse(401, "", "Invalid credentials in Authorization header")
        if repository is None or (repository.private and not token):
            return self._refuse(404 if token else 401, "RepoNotFound")
        if asked["revision"] not in ("", *repository.revisions):
            return self._refuse(404, "RevisionNotFound")
        if repository.gated and respond == self._file and not (token and repository.granted):
            return self._refuse(403 if token else 401, "GatedRepo")
        return respond(repository, asked)

    def _info(self, repository: Repository, asked: dict):
        files = [{"rfilename": name} for name in _names(repository.folder)]
        self._json({"id": asked["name"], "sha": _commit(repository), "tags": [], "siblings": files})

    def _tree(self, repository: Repository, asked: dict):
        top = repository.folder / asked["path"]
        if not top.is_dir():
            return self._refuse(404, "EntryNotFound")
        below = top.rglob("*") if "recursive=true" in self.path.lower() else top.glob("*")
        return self._json([_entry(path, repository.folder) for path in sorted(below)])

    def _file(self, repository: Repository, asked: dict):
        path = repository.folder / asked["path"]
        if not path.is_file():
            return self._refuse(404, "EntryNotFound")
        body = path.read_bytes()
        headers = {"X-Repo-Commit": _commit(repository), "ETag": f'"{hashlib.sha256(body).hexdigest()}"'}
        wanted = re.match(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if wanted is None:
            return self._send(200, body, headers)
        start, end = int(wanted[1]), min(int(wanted[2] or len(body)), len(body) - 1)
        return self._send(206, body[start : end + 1], headers | {"Content-Range": f"bytes {start}-{end}/{len(body)}"})

    def _json(self, value):
        self._send(200, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def _refuse(self, status: int, code: str, message: str = "refused"):
        self._send(status, b"{}", {"X-Error-Code": code, "X-Error-Message": message} if code else {"X-Error-Message": message})

    def _send(self, status: int, body: bytes, headers: dict):
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body)), "Accept-Ranges": "bytes"} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)


def _names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def _commit(repository: Repository) -> str:
    return hashlib.sha1("\n".join(_names(repository.folder)).encode()).hexdigest()


def _entry(path: Path, folder: Path) -> dict:
    name = path.relative_to(folder).as_posix()
    size = path.stat().st_size if path.is_file() else 0
    return {"type": "file" if path.is_file() else "directory", "path": name, "size": size, "oid": _oid(name)}


def _oid(name: str) -> str:
    return hashlib.sha1(name.encode()).hexdigest()
