"""``python -m helpers.miniweb build | pretrain | measure | questions``: make the mini web, and bases that have read it."""

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path

import pandas as pd

from helpers.runs import ArtifactError


def _build(args: argparse.Namespace) -> None:
    from helpers.miniweb import build

    statistics = build.build(args.out, page_count=args.pages, seed=args.draw, seed_pairs=args.seed_pairs)
    print(statistics.to_string(index=False, na_rep=""))
    if args.base:
        recipe = json.loads((args.base / "training.json").read_text())
        from helpers.miniweb.pretraining_text import Mix

        truth = pd.read_parquet(args.out / "truth.parquet")
        texts = list(truth[truth.filtered.isna()].text)
        share = build.verbatim_share(
            texts, mix=Mix(**recipe["main"]["mix"]), seed=recipe["seed"], count=recipe["main_documents"]
        )
        print(f"segments that stand word for word in the main part of the pre-training text of {args.base}: {share:.1%}")


def _pretrain(args: argparse.Namespace) -> None:
    from helpers.miniweb.pretrain import CLOSING, Recipe, make_base, of_questions

    recipe, closing = Recipe(), CLOSING
    if args.tokens:
        recipe = replace(recipe, tokens=args.tokens)
    if args.without_passages:
        recipe, closing = (replace(each, mix=replace(each.mix, passages=0.0)) for each in (recipe, closing))
    if args.questions is not None:
        recipe, closing = of_questions(args.questions, recipe, closing)
    report = make_base(args.out, seed=args.seed, recipe=recipe, closing=closing)
    print(f"{report['parameters']:,} parameters, {report['minutes']} minutes, loss {report['losses'][-1][1]}: {args.out}")


def _questions(args: argparse.Namespace) -> None:
    from helpers.miniweb import questions

    questions.main(args)


def _measure(args: argparse.Namespace) -> None:
    from helpers.miniweb import measure

    measure.main(args)


def _point(text: str) -> tuple[float, int]:
    rate, _, steps = text.partition("x")
    return float(rate), int(steps)


def main() -> None:
    """Parse the command line and do it; errors are one line."""
    parser = argparse.ArgumentParser(prog="python -m helpers.miniweb", description=__doc__)
    commands = parser.add_subparsers(required=True)
    build = commands.add_parser("build", help="write WARC files, seed pairs, evaluation prompts and the hidden truth")
    build.add_argument("--out", type=Path, required=True)
    build.add_argument("--pages", type=int, default=800)
    build.add_argument("--draw", type=int, default=0, help="other pages and seed pairs over the same facts")
    build.add_argument("--seed-pairs", type=int, default=200)
    build.add_argument("--base", type=Path, help="also print how much of the crawl this base has read word for word")
    build.set_defaults(do=_build)
    pretrain = commands.add_parser("pretrain", help="train the mini base from scratch; continues where it stopped")
    pretrain.add_argument("--out", type=Path, required=True)
    pretrain.add_argument("--seed", type=int, default=0)
    pretrain.add_argument("--tokens", type=int, help="tokens to read before the closing; the recipe's number by default")
    pretrain.add_argument("--without-passages", action="store_true", help="leave out passage-question pages (a control)")
    pretrain.add_argument("--questions", type=float, help="share of question-answer pages, 0 to .07; the recipe's by default")
    pretrain.set_defaults(do=_pretrain)
    measure = commands.add_parser("measure", help="measure a base on dev: ceiling, M_0 grid, backward model, judges, arms")
    measure.add_argument("--base", type=Path, default=Path("artifacts/mini-base"))
    measure.add_argument("--draws", type=int, nargs="+", default=[0])
    measure.add_argument("--what", nargs="+", default=["ceiling", "backward", "grid", "judges", "arms"])
    measure.add_argument(
        "--points", type=_point, nargs="+", default=[(2e-3, 200), (4e-3, 200)], help="points of the grid for arms: 4e-3x200"
    )
    measure.add_argument("--out", type=Path, required=True)
    measure.set_defaults(do=_measure)
    questions = commands.add_parser("questions", help="the gain of runs on bases with other shares of question-answer pages")
    questions.add_argument("--runs", nargs="+", required=True, help="finished runs, a base each: helpers run --base BASE")
    questions.add_argument("--out", type=Path, help="a folder; artifacts/questions by default")
    questions.set_defaults(do=_questions)
    args = parser.parse_args()
    try:
        args.do(args)
    except (ValueError, FileNotFoundError, ArtifactError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
