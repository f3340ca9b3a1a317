"""A server in place of a local base: every prompt answered once, whatever happens to the server; the key goes nowhere."""

import logging
import socket
import subprocess
import sys
import traceback
from collections import Counter
from dataclasses import asdict
from pathlib import Path

import httpx
import pandas as pd
import pytest

from helpers import endpoint, judging, method
from helpers.config import Base, Preset, Sampling
from helpers.generation import Prompt, generate
from helpers.stages import Journal

SAMPLING = Sampling(new_tokens=8)


class Server:
    """`completions_server.py` on a port of its own; it can be killed and started again."""

    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.process: subprocess.Popen | None = None
        self.start()

    def start(self) -> None:
        script = Path(__file__).with_name("completions_server.py")
        self.process = subprocess.Popen([sys.executable, script, str(self.port)])

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def server():
    started = Server()
    yield started
    started.kill()


@pytest.fixture
def remote(server, tiny_tokenizer, monkeypatch):
    """An endpoint that waits for no more than tests have time for."""
    monkeypatch.delenv(endpoint.KEY, raising=False)
    monkeypatch.setattr(endpoint, "LONGEST_PAUSE", 0.5)
    return endpoint.Endpoint(f"http://127.0.0.1:{server.port}/v1", "base", tiny_tokenizer, 512, concurrency=8, patience=60)


def prompts(count: int) -> list[Prompt]:
    return [Prompt(f"row-{n}", f"Question: {n}?") for n in range(count)]


def expected(remote, asked: list[Prompt]) -> dict[str, str]:
    encoded = remote.encode([prompt.text for prompt in asked], start=True)
    return {prompt.row_id: f"{len(ids)} {ids[-1]}" for prompt, ids in zip(asked, encoded, strict=True)}


def test_every_prompt_is_answered_once_though_the_server_is_killed_twice(server, remote, tmp_path):
    asked, journal = prompts(2000), Journal(tmp_path / "answers.jsonl", key="row_id")
    kills = [500, 1200]
    for batch in generate(remote, asked, SAMPLING):
        journal.append([asdict(row) for row in batch])
        if kills and len(journal.rows) >= kills[0]:
            del kills[0]
            server.kill()
            server.start()
    assert not kills and Counter(Counter(row["row_id"] for row in journal.rows).values()) == {1: 2000}
    assert {row["row_id"]: row["text"] for row in journal.rows} == expected(remote, asked)


def test_what_a_server_that_stays_away_had_answered_is_kept_and_the_rest_is_asked_later(server, remote):
    asked, remote.patience, kept = prompts(60), 0.5, {}
    with pytest.raises(ConnectionError, match="what has been answered is kept"):
        for batch in generate(remote, asked, SAMPLING):
            kept |= {row.row_id: row.text for row in batch}
            server.kill()
    assert 0 < len(kept) < 60
    server.start()
    remote.patience = 60
    later = [row for batch in generate(remote, asked, SAMPLING, done=kept.keys()) for row in batch]
    assert not kept.keys() & {row.row_id for row in later}
    assert kept | {row.row_id: row.text for row in later} == expected(remote, asked)


def test_a_busy_server_is_asked_again(remote):
    with remote.using("busy"):
        answers = [row for batch in generate(remote, prompts(5), SAMPLING) for row in batch]
    assert {row.row_id: row.text for row in answers} == expected(remote, prompts(5))


def test_a_server_that_takes_texts_alone_gets_them_without_what_its_tokenizer_adds(remote):
    with remote.using("texts"):
        (row,) = next(iter(generate(remote, prompts(1), SAMPLING)))
    assert row.text == f"{len(prompts(1)[0].text)} ?"
    assert remote.notes == [endpoint.TEXTS_ONLY]


def test_a_reply_is_cut_at_a_stop_string_that_the_server_let_pass(remote):
    (row,) = next(iter(generate(remote, prompts(1), Sampling(new_tokens=8, stop=("STOP",)))))
    assert row.text == expected(remote, prompts(1))["row-0"] and row.finish == "stop"
    (row,) = next(iter(generate(remote, prompts(1), SAMPLING)))
    assert row.finish == "eos"


def test_prompts_longer_than_the_context_are_cut_as_locally(remote):
    remote.context = 40
    (row,) = next(iter(generate(remote, [Prompt("long", "silver " * 100)], SAMPLING)))
    assert row.text.startswith("32 ")


def test_a_refusal_names_the_row_and_the_reason(remote):
    with remote.using("broken"), pytest.raises(ValueError, match="refused .* with status 400 .*cannot be done"):
        list(generate(remote, prompts(2), SAMPLING))


@pytest.mark.parametrize("key", ["secret-sesame", "secret-sesame\n", "right-key"])
def test_the_key_is_in_no_file_log_or_error(remote, key, monkeypatch, caplog, capsys, tmp_path):
    monkeypatch.setenv(endpoint.KEY, key)
    caplog.set_level(logging.DEBUG)
    journal = Journal(tmp_path / "answers.jsonl", key="row_id")
    said = [repr(remote), str(asdict(remote) | {"tokenizer": ""})]
    for model in ("base", "broken"):
        with remote.using(model):
            try:
                for batch in generate(remote, prompts(3), SAMPLING):
                    journal.append([asdict(row) for row in batch])
            except ValueError as error:
                said += traceback.format_exception(error)
    written = [path.read_text() for path in tmp_path.rglob("*") if path.is_file()]
    printed = capsys.readouterr()
    assert len(said) > 2
    assert key.strip() not in "".join([*said, *written, caplog.text, printed.out, printed.err])


@pytest.mark.parametrize("key", ["secret sesame", "secret\nsesame", "secr\u00e9t-sesame"])
def test_a_key_that_no_header_can_carry_is_refused_without_being_shown(remote, key, monkeypatch):
    monkeypatch.setenv(endpoint.KEY, key)
    with pytest.raises(ValueError, match="characters that no key has") as error:
        list(generate(remote, prompts(1), SAMPLING))
    assert "sesame" not in "".join(traceback.format_exception(error.value))


@pytest.mark.parametrize("url", ["http://me:sesame@host/v1", "https://host/v1?key=sesame", "host:8000/v1", "file:///v1"])
def test_an_address_with_a_key_in_it_or_no_server_is_refused_without_being_shown(url, tiny_tokenizer):
    with pytest.raises(ValueError, match="no address of a server") as error:
        endpoint.Endpoint(url, "base", tiny_tokenizer, 512)
    assert "sesame" not in str(error.value)


def test_instructions_sampled_ratings_and_answers_come_from_a_server(remote):
    segments = pd.DataFrame({"segment_id": ["a", "b"], "text": ["Tin melts at 232 degrees.", "Oslo lies in Norway."]})
    rows = [row for batch in method.augment(remote, segments, SAMPLING) for row in batch]
    assert {row["segment_id"] for row in rows} == {"a", "b"} and {row["adapter"] for row in rows} == {"backward"}
    pairs = pd.DataFrame({"pair_id": ["p"], "instruction": ["What melts?"], "output": ["Tin."]})
    remote.context = 4096
    (rating,) = next(iter(method.rate(remote, pairs, ("rating sampled",), adapter="base")))
    assert rating["pair_id"] == "p" and rating["raw"] and rating["judge"] == "rating sampled"
    asked = pd.DataFrame({"prompt_id": ["q"], "instruction": ["What melts?"]})
    (answer,) = next(iter(method.answer(remote, asked, adapter=None, mode="both", sampling=SAMPLING)))
    assert answer["prompt_id"] == "q" and answer["text"]


@pytest.mark.parametrize("judge", ["rating", "log p(y|x)"])
def test_a_judge_that_needs_logits_is_refused_with_the_remedy(remote, judge):
    pairs = pd.DataFrame({"pair_id": ["p", "r"], "instruction": ["What melts?"] * 2, "output": ["Tin.", "Lead."]})
    with pytest.raises(ValueError, match="rating sampled"):
        list(judging.rate(remote, pairs, [judge], adapter=None, backward=None, tag=""))


def test_an_adapter_that_the_server_does_not_have_is_missed_before_the_first_prompt(remote, server):
    httpx.Client(transport=httpx.HTTPTransport(retries=8)).get(f"{remote.url}/models")
    remote.load("backward", Path("backward"))
    with pytest.raises(ValueError, match="serves backward, base and not 'm1'"):
        remote.load("m1", Path("m1"))


def test_a_preset_names_the_server_and_its_stages_stay_what_they_are(server, monkeypatch):
    monkeypatch.delenv(endpoint.ADDRESS, raising=False)
    here, there = (Preset("x", base=Base(endpoint=url)) for url in ("", f"http://127.0.0.1:{server.port}/v1"))
    assert here.of("02_seed_models") == there.of("02_seed_models")
    opened = endpoint.open_base(there.base)
    assert opened.url == there.base.endpoint and opened.context > 0
    monkeypatch.setenv(endpoint.ADDRESS, "http://localhost:1/v1")
    assert endpoint.open_base(there.base).url == "http://localhost:1/v1"
