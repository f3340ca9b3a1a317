"""Cards of data sets and models: what a stranger must know, from the data themselves. Every value is shown escaped."""

import html
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import pandas as pd
from huggingface_hub import DatasetCardData, ModelCardData

HOSTS_SHOWN = 10
"""Web hosts a data card names."""

DATA_LIMITS = (
    "The instructions were written by a model that read the outputs; they can ask for something else than the output says.",
    "The outputs are web texts as they stood: they can be wrong, outdated, promotional, or hold personal data.",
    "A judge kept these pairs by its score. What the judge cannot see is in the data.",
)
MODEL_LIMITS = (
    "It was trained on pairs whose instructions a model wrote and a model chose; it was not aligned for safety.",
    "It answers best under the prompt template and the tags that it was trained with.",
)


def escaped(value: Any) -> str:
    """A value as one line of plain text in Markdown: no markup, link, table cell or template of its own takes effect."""
    return re.sub(r"([\\`*_{}\[\]()#+!|~$:%-])", r"\\\1", html.escape(_line(value), quote=False))


def _line(value: Any) -> str:
    return " ".join(str(value).split())


def dataset(
    frame: pd.DataFrame,
    *,
    title: str,
    file: str,
    form: str,
    licence: str = "",
    sources: Sequence[str] = (),
    decision: dict[str, Any] | None = None,
    judged: dict[str, Any] | None = None,
    counts: dict[str, int] | None = None,
    limits: Sequence[str] = DATA_LIMITS,
) -> str:
    """The card of a data set, as the hub reads it (a YAML head and Markdown).

    Args:
        frame: the exported pairs: instruction, output, and url where they come from pages.
        title, file, form: the data set's name, its one file (relative) and the form of that file.
        licence: an identifier of the hub, such as ``cc-by-4.0``; empty leaves it to be filled in, and the card says so.
        sources: where the texts come from, in words.
        decision: judge, rule, value, made_by: the threshold.
        judged: the judge's measured AUC: auc, low, high, n, and ``against``, the kind of bad pairs; None says that it is
            not known.
        counts: pairs by what became of them (``kept``, ``below``, a hygiene flag, ...).
        limits: sentences.
    """
    head = DatasetCardData(
        license=_line(licence) or "other",
        pretty_name=_line(title),
        size_categories=_size(len(frame)),
        task_categories=["text-generation"],
        tags=["synthetic", "instruction-backtranslation"],
        configs=[{"config_name": "default", "data_files": [{"split": "train", "path": file}]}],
    )
    return _card(
        head,
        title,
        f"Pairs of instruction and output, made by instruction backtranslation (Li et al., arXiv 2308.06259): {len(frame):,} "
        f"rows in the form {escaped(form)}.",
        {
            "Sources": [*map(escaped, sources), *_pages(frame)] or ["Not stated. Fill in where the texts come from."],
            "Licence": [_licence(licence)],
            "Selection": [_decision(decision), _judge(judged)],
            "Counts": [f"{escaped(name)}: {count:,}" for name, count in (counts or {"exported": len(frame)}).items()],
            "Lengths, characters": [f"{name}: {_spread(frame[name].str.len())}" for name in ("instruction", "output")],
            "Known limits": [escaped(limit) for limit in limits],
        },
    )


def adapter(
    told: dict[str, Any],
    *,
    title: str,
    licence: str = "",
    trained_on: Sequence[str] = (),
    template: str = "",
    results: Sequence[str] = (),
    limits: Sequence[str] = MODEL_LIMITS,
) -> str:
    """The card of an adapter.

    Args:
        told: its ``adapter_config.json``.
        title, licence: see ``dataset``.
        trained_on: what it was trained on and how, in sentences.
        template: the prompt it expects, shown as a block of code.
        results: measured findings, in sentences with n and interval.
        limits: sentences.
    """
    base = str(told["base_model_name_or_path"])
    named = {"base_model": base} if re.fullmatch(r"[\w.-]+/[\w.-]+", base) else {}
    head = ModelCardData(
        license=_line(licence) or "other", library_name="peft", tags=["lora", "instruction-backtranslation"], **named
    )
    shown = {"rank": told.get("r"), "alpha": told.get("lora_alpha"), "dropout": told.get("lora_dropout")}
    sections = {
        "Adapter": [f"LoRA on {escaped(base)}", *(f"{name}: {escaped(value)}" for name, value in shown.items())],
        "Training": [escaped(line) for line in trained_on] or ["Not stated."],
        "Results": [escaped(line) for line in results] or ["None measured."],
        "Licence": [_licence(licence)],
        "Known limits": [escaped(limit) for limit in limits],
    }
    block = f"\n## Prompt\n\n{_fenced(template)}\n" if template else ""
    first = "An adapter fine-tuned by instruction backtranslation (Li et al., arXiv 2308.06259), in safetensors."
    return _card(head, title, first, sections) + block


def _card(head: DatasetCardData | ModelCardData, title: str, first: str, sections: dict[str, list[str]]) -> str:
    parts = [f"---\n{head.to_yaml()}\n---\n\n# {escaped(title)}\n\n{first}\n"]
    parts += [f"\n## {name}\n\n" + "".join(f"- {line}\n" for line in lines) for name, lines in sections.items()]
    return "".join(parts)


def _fenced(text: str) -> str:
    """A block of code whose fence is longer than any run of backticks in it."""
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{fence}text\n{text}\n{fence}"


def _licence(licence: str) -> str:
    if licence:
        return escaped(licence)
    return "To be filled in by whoever publishes this. The texts keep the rights of their owners."


def _decision(decision: dict[str, Any] | None) -> str:
    if not decision:
        return "The rule that kept these pairs is not stated."
    judge = decision["judge"] if isinstance(decision["judge"], str) else " + ".join(decision["judge"])
    told = f"Kept by {escaped(judge)}, rule {escaped(decision['rule'])}, value {escaped(decision['value'])}"
    return told + (f", set by {escaped(decision['made_by'])}." if decision.get("made_by") else ".")


def _judge(judged: dict[str, Any] | None) -> str:
    if not judged:
        return "How well the judge tells good pairs from bad ones was not measured."
    return (
        f"AUC of the judge, good pairs against {escaped(judged.get('against', 'bad ones'))}: {judged['auc']:.3f} "
        f"[{judged['low']:.3f}, {judged['high']:.3f}], n = {judged['n']:,} (0.5 is chance)."
    )


def _spread(chars: pd.Series) -> str:
    return f"mean {chars.mean():,.0f}, standard deviation {chars.std(ddof=0):,.0f}, {chars.min():,} to {chars.max():,}"


def _pages(frame: pd.DataFrame) -> list[str]:
    urls = frame.url[frame.url.fillna("") != ""] if "url" in frame else pd.Series(dtype=str)
    if urls.empty:
        return []
    hosts = urls.map(_host).value_counts()
    most = ", ".join(f"{escaped(host)} ({count:,})" for host, count in hosts.head(HOSTS_SHOWN).items())
    return [f"{urls.nunique():,} pages of {len(hosts):,} hosts; most pairs come from {most}"]


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or "no host"
    except ValueError:
        return "no host"


def _size(rows: int) -> str:
    """The hub's name for a number of rows."""
    steps = [(1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M")]
    return next((name for limit, name in steps if rows < limit), "1M<n<10M")
