"""Files that leave: curated rows, adapters and answers in the forms that other tools read. Imports no torch.

Every function takes a DataFrame or a folder and writes what it is told; which rows and columns is the caller's choice.
A form is a record in ``FORMS``: to add one is to add a record. Texts are data: nothing in them is ever rendered as a
template, and cards show them escaped.

Where one machine is not enough to train on, ``artifacts/reference/beyond_one_gpu.md`` hands a model's rows to TRL.

A folder made by ``dataset`` goes to the hub by ``hf upload NAME FOLDER --repo-type dataset``, one made by ``adapter`` by
``hf upload NAME FOLDER``.
"""

import json
import os
import shlex
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from helpers import tables
from helpers.export import cards

LM_EVAL_TASKS = ("mmlu", "social_iqa", "piqa", "arc_easy", "arc_challenge", "openbookqa", "crows_pairs_english")
"""The benchmarks of v1 Tables 5, 6 and 10 as lm-evaluation-harness names them."""


def _messages(pair: Any) -> dict[str, Any]:
    turns = (("user", pair.instruction), ("assistant", pair.output))
    return {"messages": [{"role": role, "content": content} for role, content in turns]}


def _prompt_completion(pair: Any) -> dict[str, Any]:
    asked, answered = _messages(pair)["messages"]
    return {"prompt": [asked], "completion": [answered]}


def _alpaca(pair: Any) -> dict[str, Any]:
    return {"instruction": pair.instruction, "input": "", "output": pair.output}


@dataclass(frozen=True)
class Form:
    """A way to write pairs.

    Attributes:
        name: what callers ask for.
        suffix: of the file; it decides how rows are written (one JSON object a line, one JSON list, Parquet).
        row: a pair (with ``instruction`` and ``output``) to the row's own fields; None leaves the columns as they are.
    """

    name: str
    suffix: str
    row: Callable[[Any], dict[str, Any]] | None


FORMS = (
    Form("messages", ".jsonl", _messages),  # datasets, TRL, axolotl, OpenAI: one conversation a line
    Form("prompt_completion", ".jsonl", _prompt_completion),  # TRL: loss on the completion only
    Form("alpaca", ".json", _alpaca),  # LLaMA-Factory, axolotl, Alpaca's own scripts
    Form("parquet", ".parquet", None),  # datasets, pandas: every column, from the page to the decision
)
"""The forms that pairs can be written in."""


def _write_lines(rows: pd.DataFrame, path: Path) -> None:
    """One object a line, in every reader's sense of a line: Python ends lines at three more characters than JSON escapes."""
    escapes = str.maketrans({mark: f"\\u{ord(mark):04x}" for mark in "\x85\u2028\u2029"})
    path.write_text("".join(_json(row).translate(escapes) + "\n" for row in _records(rows)), "utf-8")


def _json(value: Any, **options) -> str:
    """JSON as every reader takes it: a number that is not finite is an error, not a word of Python's own."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, default=str, **options)


def _records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    return rows.astype(object).where(rows.notna(), None).to_dict("records")


_WRITERS: dict[str, Callable[[pd.DataFrame, Path], None]] = {
    ".jsonl": _write_lines,
    ".json": lambda rows, path: path.write_text(_json(_records(rows), indent=2) + "\n", "utf-8"),
    ".parquet": lambda rows, path: rows.to_parquet(path, compression="zstd", index=False),
}


def form(name: str) -> Form:
    """The form of that name.

    Raises:
        ValueError: there is none; the message lists those there are.
    """
    for each in FORMS:
        if each.name == name:
            return each
    raise ValueError(f"unknown form {name!r}; there are {', '.join(each.name for each in FORMS)}")


def pairs(frame: pd.DataFrame, path: str | Path, name: str = "messages", *, columns: Sequence[str] | None = None) -> Path:
    """Write pairs in one form, whole or not at all; returns the path.

    A lone surrogate, which no UTF-8 file can hold, becomes U+FFFD.

    Args:
        frame: the rows to write, in their order: instruction, output, and what else the caller has of each pair.
        path: the file; its folder is made.
        name: of a form in ``FORMS``.
        columns: further columns to write beside the form's own fields; None is none of them, for Parquet all.

    Raises:
        ValueError: no rows, a missing column, a missing text, a column with the name of one of the form's fields, or an
            infinite number in a form that is JSON.
    """
    _check(frame, columns or ())
    chosen, path = form(name), Path(path)
    every = columns is None and chosen.row is None
    rows = _clean(frame if every else frame[list(dict.fromkeys(["instruction", "output", *(columns or ())]))])
    if chosen.row:
        own = pd.DataFrame([chosen.row(pair) for pair in rows[["instruction", "output"]].itertuples()])
        if taken := sorted(set(columns or ()) & set(own)):
            raise ValueError(f"the form {name} writes {', '.join(taken)} itself: rename the column or leave it out")
        rows = own.assign(**{column: list(rows[column]) for column in columns or ()})
    return _written(rows, path, _WRITERS[chosen.suffix])


def lines(frame: pd.DataFrame, path: str | Path) -> Path:
    """Write a frame as it is, one JSON object a row, whole or not at all; returns the path."""
    return _written(_clean(frame), Path(path), _write_lines)


def _written(rows: pd.DataFrame, path: Path, writer: Callable[[pd.DataFrame, Path], None]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    writer(rows, part)
    os.replace(part, path)
    return path


def _check(frame: pd.DataFrame, columns: Sequence[str]) -> None:
    if frame.empty:
        raise ValueError("there are no rows to export: the decision keeps none, or the choice of rows is empty")
    if missing := [column for column in ("instruction", "output", *columns) if column not in frame]:
        raise ValueError(f"no column {', '.join(missing)}; there are {', '.join(map(str, frame.columns))}")
    if count := int(frame[["instruction", "output"]].isna().any(axis=1).sum()):
        raise ValueError(f"{count} of {len(frame)} rows have no instruction or no output: leave them out first")


def _clean(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with every text, nested or not, fit for UTF-8."""
    texts = frame.select_dtypes(include=["object", "string", "str"]).columns
    return frame.assign(**{column: [_encodable(value) for value in frame[column]] for column in texts})


def _encodable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_encodable(key): _encodable(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_encodable(each) for each in value]
    return _encodable(value.tolist()) if hasattr(value, "tolist") else value


def provenance(frame: pd.DataFrame, ratings: pd.DataFrame) -> pd.DataFrame:
    """The pairs with a column ``ratings``: what every judge said of each, as a list of records; empty where none did.

    Args:
        frame: pairs with pair_id, and what else is known of them (page, offset, segment, decision).
        ratings: the table ``ratings``: pair_id, judge, score, and mass, raw and adapter where it has them.
    """
    said = ratings.astype(object).where(ratings.notna(), None)
    by_pair = {pair: rows.drop(columns="pair_id").to_dict("records") for pair, rows in said.groupby("pair_id")}
    return frame.assign(ratings=[by_pair.get(pair, []) for pair in frame.pair_id])


def dataset(
    frame: pd.DataFrame, folder: str | Path, name: str = "parquet", *, title: str, columns: Sequence[str] | None = None, **facts
) -> Path:
    """A folder that ``datasets.load_dataset`` reads: the pairs in one form and a card; returns the folder.

    Args:
        frame, name, columns: see ``pairs``.
        title: of the data set.
        facts: what the card says beside the counts: see ``cards.dataset``.
    """
    folder = Path(folder)
    file = pairs(frame, folder / "data" / f"train{form(name).suffix}", name, columns=columns)
    card = cards.dataset(frame, title=title, file=file.relative_to(folder).as_posix(), form=name, **facts)
    _write_card(folder, card)
    return folder


def _write_card(folder: Path, text: str) -> None:
    """A card that is there and says something else stays, because its licence may be filled in; the new one lies beside it."""
    path = folder / "README.md"
    if path.exists() and path.read_text("utf-8") != text:
        path = folder / "README.new.md"
    path.write_text(text, "utf-8")


def adapter(folder: str | Path, out: str | Path, *, title: str, base: str, **facts) -> Path:
    """An adapter that plain peft loads, with a model card; returns the folder ``out``.

    Args:
        folder: the adapter as a stage wrote it.
        out: the folder to make; it may exist.
        base: what peft should load it on: a hub id, or the path of a folder where it will be used.
        facts: what the card says: see ``cards.adapter``.

    Raises:
        FileNotFoundError: ``folder`` holds no adapter in safetensors.
    """
    folder, out = Path(folder), Path(out)
    settings, weights = folder / "adapter_config.json", folder / "adapter_model.safetensors"
    if not (settings.is_file() and weights.is_file()):
        raise FileNotFoundError(f"{folder} holds no adapter in safetensors: run the stage that trains it")
    out.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(weights, out / weights.name)
    told = tables.read_json(settings) | {"base_model_name_or_path": base}
    tables.write_json(out / settings.name, told)
    _write_card(out, cards.adapter(told, title=title, **facts))
    return out


def alpaca_eval(answers: pd.DataFrame, prompts: pd.DataFrame, path: str | Path, generator: str) -> Path:
    """AlpacaEval's ``model_outputs.json``: one answer a prompt, in the order of ``prompts``; returns the path.

    Args:
        answers: of one arm, draw and tag: prompt_id, text.
        prompts: in the order of the reference: prompt_id, instruction, and ``dataset`` where there is one.
        generator: the name of the model on the leaderboard.

    Raises:
        ValueError: a prompt without an answer, or with more than one.
    """
    answers = answers[answers.prompt_id.isin(prompts.prompt_id) & answers.text.notna()]
    counts = prompts.prompt_id.map(answers.prompt_id.value_counts()).fillna(0)
    if (wrong := prompts.prompt_id[counts != 1]).size:
        raise ValueError(
            f"{wrong.size} of {len(prompts)} prompts have no answer or several, the first is {wrong.iloc[0]!r} with "
            f"{int(counts[wrong.index[0]])}: give the answers of one arm, draw and tag to all prompts"
        )
    known = prompts[[column for column in ("dataset", "instruction") if column in prompts]]
    rows = known.assign(output=prompts.prompt_id.map(answers.set_index("prompt_id").text), generator=generator)
    path = Path(path)
    tables.write_json(path, _records(_clean(rows)))
    return path


def win_rate(annotations: Sequence[dict[str, Any]]) -> dict[str, float]:
    """The win rate of AlpacaEval from its annotations, per cent, as version 1 of its leaderboard computes it.

    Args:
        annotations: rows with ``preference``: 1 the reference wins, 2 the model wins, 1.5 or 0 a draw, values between
            them by weight, None an annotation that failed and is left out.

    Returns:
        win_rate and standard_error (per cent), wins, losses, draws and n, the annotations counted.

    Raises:
        ValueError: no annotation has a preference, or one lies outside the scale.
    """
    preference = pd.Series([row["preference"] for row in annotations], dtype=float).dropna().replace(0, 1.5)
    won = preference - 1
    if won.empty or not won.between(0, 1).all():
        raise ValueError(f"{len(won)} preferences, all should lie in [1, 2] or be 0: give AlpacaEval's annotations")
    return {
        "win_rate": float(won.mean()) * 100,
        "standard_error": float(won.sem()) * 100,
        "wins": int((won > 0.5).sum()),
        "losses": int((won < 0.5).sum()),
        "draws": int((won == 0.5).sum()),
        "n": len(won),
    }


def lm_eval(folder: str | Path, *, base: str, tasks: Sequence[str] = LM_EVAL_TASKS, four_bit: bool = False) -> str:
    """The command line of lm-evaluation-harness for an adapter (zero-shot, as in the paper); it downloads its tasks.

    Raises:
        ValueError: a path with a comma or an equals sign, which the harness would split at.
    """
    for value in (base, str(folder)):
        if set(value) & set(",="):
            raise ValueError(f"lm-eval cannot read {value!r}: move it to a path without commas and equals signs")
    arguments = f"pretrained={base},peft={folder}" + (",load_in_4bit=True" if four_bit else "")
    parts = ("lm_eval", "--model", "hf", "--model_args", arguments, "--tasks", ",".join(tasks), "--num_fewshot", "0")
    return shlex.join(parts)
