"""A base and its adapters behind an OpenAI-compatible server: vLLM, ``transformers serve``, or any other by its address.

An ``Endpoint`` stands where ``generation.generate`` takes a Model. Notebook 03 takes its instructions from a server where the
preset names one. A server gives no logits, so likelihoods and expected scores need a local base. Requests are concurrent. A
server that goes away is waited for, and every prompt is answered once: what has been yielded is in the caller's journal, and
the rest is asked for again. The adapters are served under the kit's names for them:

    vllm serve BASE --enable-lora --max-lora-rank 16 --lora-modules backward=FOLDER m0=FOLDER

The server's key is read from the environment variable ``KIT_ENDPOINT_KEY`` and goes nowhere but into the requests' header.
"""

import os
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence, Set
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from helpers import generation, models, tokens
from helpers.config import Base, Sampling
from helpers.generation import Completion, Progress, Prompt

KEY = "KIT_ENDPOINT_KEY"
"""Environment variable with the server's key; not needed where the server wants none."""

ADDRESS = "KIT_ENDPOINT"
"""Environment variable with the server's address, in place of the preset's ``base.endpoint``."""

AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Statuses after which a request is made again: the server is busy, broken or not up."""

LONGEST_PAUSE = 30.0
"""Seconds between two tries, at most; the first pause is half a second, and each is twice the one before."""


@dataclass
class Endpoint:
    """A server and what the kit has to know of the base behind it.

    Attributes:
        url: up to and with ``/v1``.
        name: what the server calls the base.
        concurrency: requests under way at once.
        patience: seconds for which one request is made again before its error is raised.
        timeout: seconds that an answer may take.
        notes: what is not as it should be, one sentence each; belongs in the manifest.
    """

    url: str
    name: str
    tokenizer: object
    context: int
    concurrency: int = 32
    patience: float = 600.0
    timeout: float = 600.0
    notes: list[str] = field(default_factory=list)
    halvings: int = field(default=0, init=False)
    _active: str | None = field(default=None, init=False)
    _takes_ids: bool | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc or parts.query:
            shown = f"{parts.scheme}://{parts.hostname}"
            raise ValueError(f"{shown} is no address of a server: give http(s)://HOST:PORT/v1, and its key in ${KEY}")
        self.url = self.url.rstrip("/")

    @property
    def net(self) -> None:
        """There is none.

        Raises:
            ValueError: always.
        """
        raise ValueError("a server gives no logits: choose judges that sample (`rating sampled`), or rate with a local base")

    @property
    def arguments(self) -> None:
        """A judge that asks for logits begins with these or with ``net``; the error is the same."""
        return self.net

    @property
    def ends(self) -> list[int]:
        """Ids of the tokens that end a text."""
        return [self.tokenizer.eos_token_id]

    def encode(self, texts: Sequence[str], *, start: bool) -> list[list[int]]:
        """Token ids of each text (``tokens.encode``)."""
        return tokens.encode(self.tokenizer, texts, start=start)

    def load(self, name: str, folder: Path) -> None:
        """Where a Model would load the adapter, see that the server has it, if the server says what it has.

        Raises:
            ValueError: it has other models and not this one.
        """
        with _client(10) as client:
            try:
                listed = {model["id"] for model in client.get(f"{self.url}/models").json()["data"]}
            except (httpx.HTTPError, ValueError, LookupError, TypeError):
                return
        if name not in listed:
            has = ", ".join(sorted(listed)) or "nothing"
            raise ValueError(f"{self.url} serves {has} and not {name!r}: serve the adapter in {folder} under this name")

    @contextmanager
    def using(self, name: str | None) -> Iterator["Endpoint"]:
        """Ask the adapter ``name`` inside the block; None is the base itself."""
        before, self._active = self._active, name
        try:
            yield self
        finally:
            self._active = before

    def decoded(self) -> AbstractContextManager[bool]:
        """As a Model's; there is nothing to decode."""
        return nullcontext(False)

    def generate(
        self,
        prompts: Sequence[Prompt],
        sampling: Sampling,
        *,
        seed: int = 0,
        done: Set[str] = frozenset(),
        progress: Progress | None = None,
    ) -> Iterator[list[Completion]]:
        """What ``generation.generate`` promises, from the server: rows are yielded as they come, in no order.

        A row's seed goes with its request; whether the server makes the same of it each time is up to the server.

        Raises:
            ValueError: the server refuses a request; the message has its reason, without the key.
            ConnectionError: it could not be had for ``patience`` seconds.
        """
        asked = [prompt for prompt in prompts if prompt.row_id not in done]
        ids, cut = generation.encoded(self, asked, max(8, self.context - sampling.new_tokens))
        rows = zip(asked, ids, strict=True)
        model, finished, stop = self._active or self.name, 0, threading.Event()
        with _client(self.timeout) as client:
            requests = _Requests(self, client, stop)
            if asked and self._takes_ids is None:
                self._takes_ids = requests.takes_ids(model)
                self.notes += [] if self._takes_ids else [TEXTS_ONLY]
            pool = ThreadPoolExecutor(self.concurrency)
            try:
                answers = _as_they_come(
                    lambda row: pool.submit(requests.completion, model, *row, sampling, seed), rows, 2 * self.concurrency
                )
                for batch in answers:
                    finished += len(batch)
                    if progress:
                        progress(finished * sampling.new_tokens, len(asked) * sampling.new_tokens)
                    yield [replace(each, cut=each.row_id in cut) for each in batch]
            finally:
                stop.set()
                pool.shutdown(wait=False, cancel_futures=True)


TEXTS_ONLY = "the server takes texts and no tokens: special tokens spelled out in the data are read as such there"
"""Noted of a server that refuses prompts as token ids, which ``transformers serve`` does."""


def open_base(base: Base) -> "models.Model | Endpoint":
    """A preset's base: the endpoint where the preset or ``$KIT_ENDPOINT`` names one, else the base on this machine."""
    if url := os.environ.get(ADDRESS) or base.endpoint:
        return connect(base, url)
    return models.load(base.path, four_bit=base.four_bit, dtype=base.dtype)


def connect(base: Base, url: str) -> Endpoint:
    """The endpoint at ``url`` for a base, which the server calls by the preset's path; only its tokenizer is read here.

    Raises:
        FileNotFoundError: the base looks like a path and no model is there.
        ValueError: the address is none, or the kit cannot work with this base.
    """
    tokenizer, config = models.tokenizer_of(base.path)
    return Endpoint(url, str(base.path), tokenizer, models.context_of(config, tokenizer))


def _as_they_come(submit: Callable[[tuple], Future], rows: Iterator[tuple], most: int) -> Iterator[list[Completion]]:
    """The answers to all rows, a few at a time, ``most`` rows under way; an error comes after the answers that came with it."""
    running: set[Future] = set()
    while True:
        running |= {submit(row) for row in islice(rows, most - len(running))}
        if not running:
            return
        ended, running = wait(running, return_when=FIRST_COMPLETED)
        if good := [future.result() for future in ended if not future.exception()]:
            yield good
        for future in ended:
            future.result()


def _key() -> str:
    """The server's key; empty where there is none.

    Raises:
        ValueError: a header cannot carry it.
    """
    key = os.environ.get(KEY, "").strip()
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise ValueError(f"the key in ${KEY} has characters that no key has: set it anew")
    return key


def _client(timeout: float) -> httpx.Client:
    header = {"Authorization": f"Bearer {key}"} if (key := _key()) else {}
    return httpx.Client(headers=header, timeout=httpx.Timeout(timeout, connect=10), limits=httpx.Limits(max_connections=None))


class _Requests:
    """Requests of one generation. When ``stop`` is set, nobody makes another try."""

    def __init__(self, endpoint: Endpoint, client: httpx.Client, stop: threading.Event) -> None:
        self.endpoint, self.client, self.stop = endpoint, client, stop

    def completion(self, model: str, prompt: Prompt, ids: list[int], sampling: Sampling, seed: int) -> Completion:
        """The answer to one prompt."""
        body = {
            "model": model,
            "prompt": ids if self.endpoint._takes_ids else self._text(ids),
            "max_tokens": sampling.new_tokens,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "seed": generation.row_seed(seed, prompt.row_id) & 0x7FFFFFFF,
        }
        body |= {"stop": list(sampling.stop)} if sampling.stop else {}
        reply = self._asked(body, prompt.row_id)
        return _completion(self.endpoint, prompt.row_id, reply["choices"][0], sampling)

    def takes_ids(self, model: str) -> bool:
        """Whether prompts may be token ids, which leave nothing to the server's own reading of a text."""
        ids = self.endpoint.encode(["a"], start=True)[0]
        try:
            self._asked({"model": model, "prompt": ids, "max_tokens": 1}, "the first prompt", AGAIN - {500})
        except ValueError:  # said again of a text if it was no matter of the ids
            self._asked({"model": model, "prompt": self._text(ids), "max_tokens": 1}, "the first prompt")
            return False
        return True

    def _text(self, ids: list[int]) -> str:
        """A prompt as text, without what the server's tokenizer puts before it."""
        begin = tokens.starting(self.endpoint.tokenizer)
        return self.endpoint.tokenizer.decode(ids[len(begin) :] if ids[: len(begin)] == begin else ids)

    def _asked(self, body: dict, row_id: str, again: Set[int] = AGAIN) -> dict:
        """The server's reply, asked for until it comes, the server refuses, or patience ends."""
        begun, pause = time.monotonic(), 0.5
        while True:
            reply, why, wait_for = self._tried(body, row_id, again)
            if reply is not None:
                return reply
            if self.stop.is_set() or time.monotonic() - begun > self.endpoint.patience:
                raise ConnectionError(
                    f"{self.endpoint.url} gave no answer to {row_id} for {self.endpoint.patience:.0f} seconds ({why}): start "
                    "the server and call this again; what has been answered is kept"
                )
            self.stop.wait(max(wait_for, pause * random.uniform(0.5, 1)))
            pause = min(2 * pause, LONGEST_PAUSE)

    def _tried(self, body: dict, row_id: str, again: Set[int]) -> tuple[dict | None, str, float]:
        """One try: the reply, or None, the reason, and the seconds that the server asks to be left alone.

        Errors are raised from nothing: what a library says of a request may hold its header.
        """
        try:
            response = self.client.post(f"{self.endpoint.url}/completions", json=body)
        except httpx.TransportError as error:
            return None, type(error).__name__, 0.0
        if response.status_code in again:
            asked = response.headers.get("Retry-After", "")
            return None, f"status {response.status_code}", min(float(asked), LONGEST_PAUSE) if asked.isdecimal() else 0.0
        if response.status_code != 200:
            raise ValueError(self._refused(response, body["model"], row_id))
        try:
            reply = response.json()
            reply["choices"][0]["text"]
        except (ValueError, LookupError, TypeError):
            return None, "an answer that is no completion", 0.0
        return reply, "", 0.0

    def _refused(self, response: httpx.Response, model: str, row_id: str) -> str:
        status, key = response.status_code, _key()
        if status in (401, 403):  # what the server says here may hold the key
            return f"{self.endpoint.url} wants another key (status {status}): set ${KEY}"
        said = " ".join((response.text.replace(key, "[key]") if key else response.text).split())[:300]
        remedy = f"serve {model!r} there, and end the address in /v1" if status == 404 else "see what the server says"
        return f"{self.endpoint.url} refused {row_id} with status {status} ({said}): {remedy}"


def _completion(endpoint: Endpoint, row_id: str, choice: dict, sampling: Sampling) -> Completion:
    """A choice as the kit's own generation would leave it: cut at a stop string, its tokens counted by the kit's tokenizer."""
    text = choice["text"] or ""
    places = [text.find(stop) for stop in sampling.stop if stop in text]
    stopped = bool(places) or choice.get("stop_reason") in sampling.stop
    finish = "stop" if stopped else "length" if choice.get("finish_reason") == "length" else "eos"
    text = text[: min(places)] if places else text
    return Completion(row_id, text.strip(), len(endpoint.encode([text], start=False)[0]), finish)
