"""Deleting runs, never without a question, and nothing that is no run."""

import argparse
import shutil
import sys
from pathlib import Path

from helpers import runs

MADE_AGAIN = ("mini-web",)
"""Folders that are no runs, and that the next run makes again."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `python -m helpers clean`."""
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--run", help="delete this run")
    which.add_argument("--all", action="store_true", help="delete all runs and the mini web")
    parser.add_argument("--yes", action="store_true", help="do not ask")


def by_hand(folder: Path) -> list[Path]:
    """What a person made in a run: labels, votes, chosen rows, rubrics, exports, and decisions that are not the preset's."""
    files = [path for path in sorted(folder.iterdir()) if path.suffix in (".jsonl", ".md") and path.name != "README.md"]
    files += [path for path in (folder / "export",) if path.exists()]
    decisions = sorted(folder.glob("*/decision.json"))
    return files + [path for path in decisions if runs.is_readers(path)]


def everything() -> list[Path]:
    """The folders that ``--all`` deletes: runs, ablations of them, and what is made again. Links are left alone."""
    ours = {*runs.names(), *MADE_AGAIN}
    found = sorted(runs.root().iterdir()) if runs.root().is_dir() else []
    return [
        path
        for path in found
        if path.is_dir() and not path.is_symlink() and (path.name in ours or (path / runs.ABLATION).exists())
    ]


def main(args: argparse.Namespace) -> None:
    """Delete a run, or all runs, after a question that lists what was made by hand.

    Raises:
        ArtifactError: there is no such run, another reads it, or a process is at work in it; nothing was deleted.
    """
    folders = everything() if args.all else [_one(args.run)]
    if not folders:
        print(f"there are no runs in {runs.root()}")
        return
    if busy := [stage for folder in folders for stage in folder.iterdir() if runs.locked(stage)]:
        raise runs.ArtifactError(f"nothing was deleted: a process is at work on {busy[0]}; stop it first")
    made = [path for folder in folders for path in by_hand(folder)]
    if made:
        print("made by hand, and lost with it:", *(f"  {path}" for path in made), sep="\n")
    if not args.yes and not _agreed(folders):
        print("nothing was deleted")
        return
    for folder in folders:
        shutil.rmtree(folder)
        print(f"deleted {folder}")


def _one(run: str) -> Path:
    folder = runs.folder(run)
    if folder.is_symlink() or not (folder / "run.json").exists():
        raise runs.ArtifactError(f"{folder} is no run of yours; nothing was deleted")
    if forks := runs.forks(run):
        raise runs.ArtifactError(
            f"nothing was deleted: {', '.join(forks)} read their first stages in {run!r}; delete them first"
        )
    return folder


def _agreed(folders: list[Path]) -> bool:
    sys.stdout.write(f"delete {', '.join(folder.name for folder in folders)} in {runs.root()}? [y/N] ")
    sys.stdout.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")
