"""The command line of the corpus: `python -m helpers segments PATH... --out DIR`."""

import argparse
import json
from collections import Counter

from helpers.arguments import count, folder
from helpers.corpus.files import COLUMNS
from helpers.corpus.filters import RULE_NAMES, Filters
from helpers.corpus.funnel import RESULT, write
from helpers.corpus.judging import Pages
from helpers.corpus.prompts import read_prompts


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `python -m helpers segments`; those of the filters carry the paper's values."""
    default = Filters()
    parser.add_argument("paths", nargs="+", metavar="PATH", help="files, folders, hf:// paths")
    parser.add_argument("--out", type=folder, required=True, help="folder for segments.parquet, rejected.jsonl and funnel.csv")
    parser.add_argument("--replace", action="store_true", help="replace the result that lies in --out")
    parser.add_argument("--workers", type=count, default=1, help="processes, each on one file at a time (default 1)")
    parser.add_argument("--text-column", help=f"of JSONL and Parquet (default: the first of {', '.join(COLUMNS)})")
    parser.add_argument("--min-chars", type=count, default=default.min_chars)
    parser.add_argument("--max-chars", type=count, default=default.max_chars)
    parser.add_argument("--languages", nargs="*", default=default.languages, help="ISO 639-1; none given: all")
    parser.add_argument("--prompts", help="JSON, JSONL, CSV, Parquet or text lines to decontaminate against")
    parser.add_argument("--first-pieces", action="store_true", help="leave out later pieces of texts cut for their length")
    parser.add_argument("--disable", nargs="*", default=(), metavar="RULE", help=f"of {', '.join(RULE_NAMES)}")


def main(args: argparse.Namespace) -> None:
    """Run `write` on the parsed options and print the funnel.

    Raises:
        ValueError: the folder holds a result that is not to be replaced.
    """
    if (args.out / RESULT[-1]).exists() and not args.replace:
        raise ValueError(f"{args.out} holds the result of an earlier run: name another folder, or say --replace")
    filters = Filters(
        min_chars=args.min_chars,
        max_chars=args.max_chars,
        languages=tuple(args.languages),
        prompts=read_prompts(args.prompts) if args.prompts else (),
        later_pieces=not args.first_pieces,
        disabled=tuple(args.disable),
    )
    counts, damage = write(args.paths, filters, args.out, text_column=args.text_column, workers=args.workers)
    print(counts.to_string(index=False))
    pages = json.loads((args.out / "pages.json").read_text())
    print(Pages(**pages | {"damage": Counter(pages["damage"])}))
    print(f"kept {counts.rows_out.iloc[-1]} of {counts.rows_in.iloc[0]} segments in {args.out}")
    for reason, pages_lost in damage.items():
        print(f"left out: {reason} ({pages_lost})")
