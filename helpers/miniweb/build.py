"""Write the mini web: the files of a crawl, seed pairs, evaluation prompts, the hidden truth and statistics."""

import json
import os
import shutil
from itertools import islice
from pathlib import Path

import pandas as pd

from helpers.miniweb import pages, world
from helpers.miniweb.families import all_families
from helpers.miniweb.pretraining_text import Mix, documents
from helpers.tables import content_id

SECTIONS_A_PAGE = 3.3
"""Mean number of sections on an English page."""

PER_FAMILY = {"dev": 10, "test": 16}
"""Number of evaluation prompts for each family."""


def build(out: Path, *, page_count: int, seed: int, seed_pairs: int = 200) -> pd.DataFrame:
    """Write a mini web into ``out`` and return its statistics. The same arguments give the same files.

    ``crawl/*.warc.gz``, ``seed.jsonl``, ``eval_dev.jsonl``, ``eval_test.jsonl``, ``truth.parquet``,
    ``statistics.csv``. An earlier mini web in ``out`` is replaced when the new one is complete.

    Raises:
        ValueError: fewer than 2 pages, more seed pairs than can be made, or ``out`` holds something else (a run).
    """
    if page_count < 2:
        raise ValueError(f"--pages {page_count}: a mini web has 2 pages or more")
    if out.exists() and any(out.iterdir()) and not (out / "world.json").exists():
        raise ValueError(f"{out} is not empty and holds no mini web: choose another --out")
    part = out.with_name(out.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    try:
        statistics = _write(part, page_count, seed, seed_pairs)
        shutil.rmtree(out, ignore_errors=True)
        os.replace(part, out)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return statistics


def _write(out: Path, page_count: int, seed: int, seed_pairs: int) -> pd.DataFrame:
    english = page_count - round(pages.FOREIGN_PAGES * page_count)
    texts = world.crawl(round(SECTIONS_A_PAGE * english), seed)
    sections = [pages.Section(text.title, text.body, text.truth) for text in texts]
    truth = pages.write_crawl(sections, out / "crawl", pages=page_count, seed=seed)
    truth.to_parquet(out / "truth.parquet", index=False)
    pairs = world.seed_pairs(seed_pairs, seed)
    _lines(out / "seed.jsonl", pairs)
    prompts = {}
    for split, count in PER_FAMILY.items():
        prompts[split] = [p | {"prompt_id": content_id(p["instruction"])} for p in world.evaluation_prompts(split, count)]
        _lines(out / f"eval_{split}.jsonl", prompts[split])
    (out / "world.json").write_text(json.dumps({"pages": page_count, "seed": seed, "seed_pairs": seed_pairs}) + "\n")
    statistics = _statistics(truth, pairs, prompts)
    statistics.to_csv(out / "statistics.csv", index=False)
    return statistics


def _lines(path: Path, rows: list[dict]) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def _statistics(truth: pd.DataFrame, pairs: list[dict], prompts: dict[str, list[dict]]) -> pd.DataFrame:
    """The paper's table of text lengths (v1 Table 2, v3 Table 1) for this world, with families and shares of junk."""
    kept = truth[truth.filtered.isna()]
    seed = pd.DataFrame(pairs)
    rows = [_row("seed pairs", seed.instruction, seed.output, seed.family)]
    rows.append(_row("segments that should pass", None, kept.text, kept.family))
    rows += [_row(f"... {kind}", None, group.text, group.family, len(kept)) for kind, group in kept.groupby("kind")]
    dropped = truth[truth.filtered.notna()]
    rows += [_row(f"filtered: {kind}", None, group.text, group.family) for kind, group in dropped.groupby("filtered")]
    for split, asked in prompts.items():
        frame = pd.DataFrame(asked)
        rows.append(_row(f"{split} prompts", frame.instruction, None, frame.family))
    return pd.DataFrame(rows)


def _row(name: str, instructions, outputs, families: pd.Series, of: int | None = None) -> dict:
    known = set(families.dropna()) - {""}
    unseen = [name for name in known if not all_families()[name].in_seed]
    row = {"rows": name, "count": len(families), "share": round(len(families) / of, 3) if of else None}
    for kind, texts in (("instruction", instructions), ("output", outputs)):
        chars = texts.str.len() if texts is not None else None
        row[f"{kind}_chars"] = f"{chars.mean():.0f} +- {chars.std():.0f}" if chars is not None else ""
    return row | {"families": len(known), "not_in_seed": len(unseen)}


def verbatim_share(texts: list[str], *, mix: Mix, seed: int, count: int) -> float:
    """Share of ``texts`` that occur word for word in the first ``count`` documents that a base of ``seed`` has read."""
    read = set()
    for document in islice(documents(mix, seed), count):
        read.update(document.text.removeprefix("Text:\n").split("\nQuestion:\n")[0].split("\n\n"))
        read.add(document.text.removeprefix("Text:\n").split("\nQuestion:\n")[0])
    return sum(text in read for text in texts) / len(texts)
