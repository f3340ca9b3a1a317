"""``python -m helpers``: run the notebooks, show a run's status, check this machine, cut a corpus, compare arms, clean up."""

import argparse
import shutil
import subprocess
import sys

try:
    from helpers import config, corpus, doctor, runs, stages, tables
except ModuleNotFoundError as missing:
    sys.exit(f"error: the package {missing.name!r} is not installed here: `make env`, or `pip install -e .`")

COMMITTED = ("mini-base", "reference")
"""Folders under ``artifacts/`` that no run may claim or delete."""


def _run(args: argparse.Namespace) -> None:
    from helpers import notebooks

    run = args.run or args.preset
    start, only = (notebooks.stage_name(name) if name else None for name in (args.start, args.only))
    settings = _settings(run, config.preset(args.preset, args.seed), args.seed, args.fork, start)
    _prepare(config.preset(settings["preset"], settings["seed"]), settings["seed"])
    total = len(runs.STAGES)
    for stage in notebooks.due(run, start=None if args.fork else start, only=only):
        place = runs.STAGES.index(stage) + 1

        def progress(cell: int, cells: int, place: int = place, stage: str = stage) -> None:
            print(f"\r[{place}/{total}] {stage}  cell {cell}/{cells} ", end="", flush=True)

        values = notebooks.parameters(run, settings["preset"], settings["seed"], stage)
        seconds = notebooks.execute(run, stage, values, progress)
        print(f"\r[{place}/{total}] {stage}  done in {seconds:.0f} s{' ' * 20}")
    _say_what_was_found(run)


def _settings(run: str, preset: config.Preset, seed: int, origin: str | None, start: str | None) -> dict:
    """Preset and seed of a run, written down: those it was begun with, its origin's for a fork, or the ones asked for."""
    if run in COMMITTED:
        raise runs.ArtifactError(f"{run!r} is no name for a run: the kit's own files lie there; choose another --run")
    if origin:
        if not runs.settings(origin):
            raise runs.MissingArtifact(f"there is no run {origin!r} in {runs.root()} to fork")
        runs.fork(run, origin, start or runs.STAGES[0])
    begun, asked = runs.settings(run), {"preset": preset.name, "seed": seed}
    if begun and not origin and asked not in ({"preset": "tiny", "seed": 0}, {key: begun[key] for key in asked}):
        raise runs.ArtifactError(
            f"run {run!r} was begun with preset {begun['preset']!r} and seed {begun['seed']}: choose another --run"
        )
    if not (begun or preset.corpus.paths):
        raise ValueError(
            f"the preset {preset.name!r} names no pages: set corpus.paths, seed_models.seed and evaluation.prompts"
        )
    tables.write_json(runs.folder(run) / "run.json", begun or asked)
    return begun or asked


def _prepare(preset: config.Preset, seed: int) -> None:
    """Build the mini web of this draw where the preset needs it and it is not there."""
    crawl = config.located(preset.corpus.paths[0])
    if "mini-web" in crawl.parts and not crawl.exists():
        command = [sys.executable, "-m", "helpers.miniweb", "build", "--out", str(crawl.parent), "--seed", str(seed)]
        print(f"building the mini web in {crawl.parent}")
        if subprocess.run(command, stdout=subprocess.DEVNULL).returncode:
            raise runs.ArtifactError(f"the mini web could not be built in {crawl.parent}; the lines above say why")


def _say_what_was_found(run: str) -> None:
    folder = runs.folder(run)
    if summary := tables.read_json(folder / "summary.json"):
        print("", *(f"- {sentence}" for sentence in summary["findings"]), sep="\n")
    print(f"\nThe run lies in {folder}: executed notebooks in notebooks/, numbers in summary.json.")


def _ablate(args: argparse.Namespace) -> None:
    """Run the ablation preset on each draw, then compare all arms over the draws."""
    import pandas as pd

    from helpers import figures, stats

    parts, judged = [], []
    for draw in dict.fromkeys(args.draws):
        run = f"{args.run}-draw-{draw}"
        print(f"draw {draw}: run {run}")
        _run(argparse.Namespace(preset="ablation", seed=draw, run=run, start=None, only=None, fork=None))
        parts.append(stages.read(run, "06_evaluation/grades"))
        judged.append(stages.read(run, "06_evaluation/judged"))
    grades = pd.concat(parts, ignore_index=True)
    folder = runs.folder(args.run)
    tables.write_table(folder / "grades.parquet", grades)
    summary, shown = stats.ablation(grades, tag=config.PRESETS["ablation"].evaluation.tag)
    summary["judge_gains"] = stats.judge_gains(pd.concat(judged)).to_dict("records")
    tables.write_json(folder / "summary.json", summary)
    families = grades[~grades.in_seed].family.nunique()
    count = f"{len(args.draws)} draws" if len(args.draws) > 1 else "one draw"
    title = f"Families not in the seed (n = {families}), {count}"
    figures.differences(shown, title=title).savefig(folder / "differences.png")
    print(shown[["label", "value", "low", "high"]].round(3).to_string(index=False))
    print(f"all of it: {folder / 'summary.json'}, {folder / 'differences.png'}")


def _status(args: argparse.Namespace) -> None:
    if not runs.settings(args.run):
        raise runs.MissingArtifact(f"there is no run {args.run!r} in {runs.root()}")
    print(runs.status(args.run).to_string(na_rep=""))


def _clean(args: argparse.Namespace) -> None:
    folder = runs.folder(args.run)
    if args.run in COMMITTED or not (folder / "run.json").exists():
        raise runs.ArtifactError(f"{folder} is no run of yours; nothing was deleted")
    shutil.rmtree(folder)
    print(f"deleted {folder}")


def main() -> int:
    """Parse the command line and do it; an error is one line on stderr and exit status 1."""
    parser = argparse.ArgumentParser(prog="python -m helpers", description=__doc__)
    commands = parser.add_subparsers(required=True)
    run = commands.add_parser("run", help="execute the notebooks in order; continues where it stopped")
    run.add_argument("--preset", default="tiny", help=f"one of {', '.join(config.PRESETS)}")
    run.add_argument("--run", help="name of the run; the preset's by default")
    run.add_argument("--seed", type=int, default=0, help="the draw")
    run.add_argument("--from", dest="start", help="go through this stage and all after it; what is done in them is kept")
    run.add_argument("--only", help="execute this stage alone")
    run.add_argument("--fork", help="read the stages before --from in this run, in place")
    run.set_defaults(do=_run)
    ablate = commands.add_parser("ablate", help="comparison arms on several draws; continues where it stopped")
    ablate.add_argument("--run", default="ablation", help="name; the draws are the runs NAME-draw-0 and so on")
    which = ablate.add_mutually_exclusive_group()
    which.add_argument("--quick", dest="draws", action="store_const", const=[0, 1, 2], help="draws 0 to 2 (the default)")
    which.add_argument("--draws", type=int, nargs="+")
    ablate.set_defaults(do=_ablate, draws=[0, 1, 2])
    status = commands.add_parser("status", help="the stages of a run: done, partial, missing or stale")
    status.add_argument("--run", default="tiny")
    status.set_defaults(do=_status)
    commands.add_parser("doctor", help="what this machine can do").set_defaults(do=lambda _: doctor.main())
    segments = commands.add_parser("segments", help="web pages or texts to segments, without a notebook")
    corpus.add_arguments(segments)
    segments.set_defaults(do=corpus.main)
    clean = commands.add_parser("clean", help="delete a run")
    clean.add_argument("--run", required=True)
    clean.set_defaults(do=_clean)
    args = parser.parse_args()
    try:
        return args.do(args) or 0
    except (runs.ArtifactError, ValueError, FileNotFoundError) as error:
        print(f"error: {error}", file=sys.stderr)
    except RuntimeError as error:
        print(f"\nerror: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("\nstopped; the same command continues", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
