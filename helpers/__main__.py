"""Instruction backtranslation: run the notebooks, look at runs, compare them, check this machine, cut a corpus, clean up."""

import argparse
import os
import shlex
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

try:
    from helpers import arguments, clean, corpus, doctor, presets, runs, tables
except ModuleNotFoundError as missing:
    sys.exit(f"error: the package {missing.name!r} is not installed here: `make env`, or `pip install -e .`")

EXAMPLES = """examples:
  python -m helpers run                                          the mini web, without the internet
  python -m helpers run --preset smol --pages my_pages/          your pages, a small real model
  python -m helpers run --run strict --fork tiny --from 05       another decision, the same candidates

the stages:
  """ + "\n  ".join(runs.STAGES)  # fmt: skip


def _run(args: argparse.Namespace) -> None:
    """Begin a run or go on with it."""
    from helpers import notebooks

    start, only = (notebooks.stage_name(name) if name else None for name in (args.start, args.only))
    run, preset = _begun(args, start, only)
    _execute(run, preset, notebooks.known(), start=None if args.fork else start, only=only)


def _execute(run: str, preset, names: Sequence[str], *, start: str | None = None, only: str | None = None) -> None:
    """Execute what is due of a run among the notebooks ``names``: from ``start`` on all, or ``only`` one."""
    from helpers import notebooks

    _head(run, preset)
    preset.truth.prepare()
    told, total = runs.require(run), len(names)
    for stage in notebooks.due(run, preset, names, start=start, only=only):
        place = names.index(stage) + 1
        state = runs.status(run, preset).state.get(stage, "")
        if state.startswith("stale"):
            print(f"[{place}/{total}] {stage}  is made again: {state}")

        def progress(cell: int, cells: int, far: str, place: int = place, stage: str = stage) -> None:
            print(f"\r[{place}/{total}] {stage}  cell {cell}/{cells}  {far:40}", end="", flush=True)

        seconds = notebooks.execute(run, stage, notebooks.parameters(run, told["preset"], told["draw"], stage), progress)
        print(f"\r[{place}/{total}] {stage}  done in {seconds:.0f} s{' ' * 20}")
    _say_what_was_found(run, preset)


def _begun(args: argparse.Namespace, start: str | None, only: str | None):
    """The run's name and preset; what it is told is written down, and contradictions are refused."""
    from helpers.experiments import plan

    if args.only and args.start:
        raise ValueError("--from and --only contradict each other: give one of them")
    if args.fork and not args.run:
        raise ValueError(f"a fork needs a name of its own: add --run NAME to --fork {args.fork}")
    if args.fork and (args.preset or args.draw is not None):
        raise ValueError("a fork has the preset and the draw of the run it is forked from: leave --preset and --draw out")
    changes = presets.inputs(**arguments.inputs(args))
    told = runs.require(args.fork) if args.fork else runs.settings(args.run) if args.run else {}
    named = presets.named(args.preset) if args.preset else told.get("preset", "tiny")
    run = args.run or Path(named).stem + ("-own" if changes and named in presets.KNOWN else "")
    if run in presets.KNOWN and run != named and not told:
        raise ValueError(f"{run!r} is the name of another preset than {named!r}: choose another --run")
    told = told or runs.settings(run)
    draw = args.draw if args.draw is not None else told.get("draw", 0)
    plan.check(presets.with_changes(presets.find(named, draw), told.get("changes", {}) | changes))
    if args.fork:
        runs.fork(run, args.fork, start or only or runs.STAGES[0], changes=changes)
    runs.begin(run, named, draw, None if args.fork or (told and not changes) else changes)
    return run, presets.of_run(run, named, draw)


def _head(run: str, preset) -> None:
    print(f"run {run}: preset {preset.name}, draw {preset.draw}, base {preset.base.path}")
    if preset.banner:
        print(preset.banner)


def _say_what_was_found(run: str, preset) -> None:
    folder = runs.folder(run)
    if summary := tables.read_json(folder / "summary.json"):
        print("", *([preset.banner] if preset.banner else []), *(f"- {sentence}" for sentence in summary["findings"]), sep="\n")
    print(f"\nThe run lies in {folder}: executed notebooks in notebooks/, numbers in summary.json.")


def _init(args: argparse.Namespace) -> None:
    """Write a reader's preset beside the reader's files."""
    path = Path(args.name if args.name.endswith(".py") else f"{args.name}.py")
    nothing = dict.fromkeys(("base", "pages", "seed_pairs", "prompts"))
    presets.write(path, args.start, **nothing | arguments.inputs(args))
    print(f"{path} is written. Look at it, then: {shlex.join([sys.executable, '-m', 'helpers', 'run', '--preset', str(path)])}")


def _ablate(args: argparse.Namespace) -> None:
    """Tell the plan, run each draw, and put the draws together."""
    from helpers import ablate
    from helpers.experiments import ablation, readme

    made = ablation.asked(
        name=args.run, draws=args.draws, sizes=args.sizes, mistakes=args.defects, quick=args.quick, fork=args.fork
    )
    print(*ablate.plan(made), sep="\n", flush=True)
    if args.plan:
        return
    for run in ablation.begin(made):
        _execute(run, _preset_of(run), runs.STAGES)
    shown = ablation.gather(made, shlex.join(["python", "-m", "helpers", *sys.argv[1:]]))
    print(shown[["label", "value", "low", "high"]].round(3).to_string(index=False))
    print(f"all of it: {readme.write(made.name)}")


def _preset_of(run: str):
    """The preset of a run that is there."""
    told = runs.require(run)
    return presets.of_run(run, told["preset"], told["draw"])


def _status(args: argparse.Namespace) -> None:
    if args.run is None:
        return _runs(args)
    return print(runs.status(args.run, _preset_of(args.run)).to_string(na_rep=""))


def _runs(args: argparse.Namespace) -> None:
    from helpers.experiments import overview

    print(overview.runs_table().to_string(na_rep="") if runs.names() else f"there are no runs in {runs.root()} yet")


def _compare(args: argparse.Namespace) -> None:
    from helpers.experiments import overview

    print(overview.compare(args.first, args.second))


def _doctor(args: argparse.Namespace) -> int:
    given = arguments.inputs(args)
    if (args.assume or args.prices) and not args.plan:
        raise ValueError("--assume and --prices change the plan alone: add --plan, or leave them out")
    if given and (args.plan or not args.preset):
        option = next(iter(given)).replace("_", "-")
        raise ValueError(f"--{option} changes a preset whose fit is asked for: add --preset and leave --plan out, or drop it")
    if args.plan:
        from helpers import budget

        print(budget.report(presets.find(args.preset or "paper"), budget.assume(args.assume), args.prices or budget.PRICES))
        return 0
    return doctor.main(presets.with_inputs(presets.find(args.preset), **given) if args.preset else None)


def _judges(args: argparse.Namespace) -> None:
    """Which judge to trust on a model and its seed pairs, before it rates a night long."""
    from helpers.experiments import judges

    if args.run and (args.preset or args.draw is not None):
        raise ValueError("a run has its own preset and draw: leave --preset and --draw out, or --run")
    preset = _preset_of(args.run) if args.run else presets.find(args.preset or "tiny", args.draw or 0)
    preset, run = presets.with_inputs(preset, **arguments.inputs(args)), args.run or ""
    preset.truth.prepare()
    if args.preferences:
        for model in args.models:
            found = judges.on_preferences(preset, args.preferences, run=run, model=model, most=args.pairs)
            print(f"{model} {judges.preferred(found)}")
        return
    most = judges.MOST_PAIRS if args.pairs is None else args.pairs
    found = {model: judges.check(preset, args.judges, run=run, model=model, most=most) for model in args.models}
    for checked in found.values():
        wide = checked.table.pivot(index="judge", columns="kind", values="auc").sort_values("mean", ascending=False)
        print(wide.round(2).to_string(na_rep="-"), checked.findings, "", sep="\n")
    if len(found) > 1:
        print(judges.beside(found).to_string(na_rep="-"))
    for model, checked in found.items() if args.out else ():
        folder = args.out / model if len(found) > 1 else args.out
        judges.keep(checked, folder)
        print(f"the whole table with intervals: {folder / 'judges.csv'}, {folder / 'judges.png'}")


def _export(args: argparse.Namespace) -> None:
    from helpers import export
    from helpers.experiments import exporting

    preset, out = _preset_of(args.run), args.out or runs.folder(args.run) / "export"
    if args.what == "answers":
        path = exporting.answers(args.run, f"M_{args.iteration}", preset.evaluation.mode, out)
    elif args.what == "adapter":
        path = exporting.adapter(args.run, preset, args.iteration, out / f"m{args.iteration}")
    elif args.what == "training_rows":
        path = exporting.training_rows(args.run, preset, args.iteration, out / args.what)
    else:
        path = exporting.dataset(args.run, args.iteration, args.what, out / args.what)
    print(f"written: {path}")
    if args.what == "adapter":
        base = exporting.base_of(args.run)
        try:
            command = export.lm_eval(path, base=base.loaded, four_bit=base.four_bit)
        except ValueError as error:  # the adapter is written all the same
            command = str(error)
        print(f"the paper's benchmarks: {command}")


def _add_inputs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--base", help="a folder, a .gguf file, or a name on the Hugging Face hub")
    parser.add_argument(
        "--pages", nargs="+", action="extend", help="files, folders or hf:// paths: WARC, HTML, text, JSONL, Parquet"
    )
    parser.add_argument("--seed-pairs", help="a file of instructions and answers, or an hf:// path")
    parser.add_argument("--prompts", help="prompts to answer; segments that contain one are rejected")


def _add_run(command: Callable[..., argparse.ArgumentParser]) -> None:
    listed = "\n".join(f"  {name:12}{presets.describe(name)}" for name in presets.KNOWN)
    run = command(
        "run", _run, "execute the notebooks in order; continues where it stopped",
        epilog=f"presets:\n{listed}\n\n{EXAMPLES}", formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    run.add_argument("--preset", help="one of the presets below, or the path of a .py file of yours (default: tiny)")
    run.add_argument("--run", help="name of the run; the preset's by default")
    run.add_argument("--draw", type=int, help="re-draws pages, seed pairs and noise (default: 0)")
    run.add_argument("--from", dest="start", help="go through this stage and all after it; what is done in them is kept")
    run.add_argument("--only", help="execute this stage alone")
    run.add_argument("--fork", help="read the stages before --from in this run, in place")
    _add_inputs(run)
    init = command("init", _init, "write a preset of your own, a short file to edit")
    init.add_argument("name", help="of the file, and of its runs")
    init.add_argument("--from", dest="start", default="single_gpu", help="the preset to begin with (default: single_gpu)")
    _add_inputs(init)


def _add_ablate(command: Callable[..., argparse.ArgumentParser]) -> None:
    ablate = command(
        "ablate", _ablate, "comparison arms on several draws; says how long it will take, continues where it stopped"
    )
    ablate.add_argument(
        "--run", help="name; the draws are the runs NAME-draw-0 and so on (default: ablation, and what is asked)"
    )
    ablate.add_argument("--draws", type=int, nargs="+", help="default: 0 1 2; draw 0 with one of the options below")
    ablate.add_argument("--fork", help="train the arms of this finished run, whose other stages are read in place")
    ablate.add_argument("--quick", action="store_true", help="few arms on one draw, alone, at most ten minutes on two cores")
    ablate.add_argument(
        "--sizes", type=arguments.count, nargs="*", help="data sets at several sizes, in web pairs: figures 3, 4 and 7"
    )
    ablate.add_argument("--defects", action="store_true", help="the mistakes of a re-implementation, one by one")
    ablate.add_argument("--plan", action="store_true", help="say what would be done and how long it takes, and stop")


def _add_tools(command: Callable[..., argparse.ArgumentParser]) -> None:
    judges = command("judges", _judges, "which judge to trust on a model and its seed pairs, before it rates")
    judges.add_argument("--preset", help="whose base and seed pairs are taken (default: tiny)")
    judges.add_argument("--draw", type=int)
    judges.add_argument("--run", help="a run, whose trained models can be checked too")
    judges.add_argument("--models", nargs="+", default=["base"], help="base, M_0, M_1 or M_2; several stand beside each other")
    judges.add_argument("--judges", nargs="+", default=(), help="names, or paths of rubrics (.md); all quick ones by default")
    judges.add_argument(
        "--pairs", type=arguments.count, help="seed pairs, each rated with its bad twins (default: 60), or preferences"
    )
    judges.add_argument(
        "--preferences",
        type=Path,
        help="a file of two answers with people's preference, to be judged pairwise in place of that",
    )
    judges.add_argument("--out", type=arguments.folder, help="a folder for the ratings, the table and its picture")
    _add_inputs(judges)
    exported = command("export", _export, "curated pairs, an adapter or answers, for other tools")
    exported.add_argument(
        "what", choices=["messages", "prompt_completion", "alpaca", "parquet", "training_rows", "adapter", "answers"]
    )
    exported.add_argument("--run", default="tiny")
    exported.add_argument("--iteration", type=int, choices=[1, 2], default=1)
    exported.add_argument("--out", type=arguments.folder, help="a folder; export/ in the run's by default")


def _reference(args: argparse.Namespace) -> None:
    from helpers import reference

    reference.main(args)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m helpers", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, do, text: str, **more) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=text, description=text, **more)
        made.set_defaults(do=do)
        return made

    _add_run(command)
    _add_ablate(command)
    status = command("status", _status, "the stages of a run: done, running, partial, missing or stale and why")
    status.add_argument("--run", help="without it, all runs are listed")
    command("runs", _runs, "all runs: preset, stages done, forks, disk, headline")
    compare = command("compare", _compare, "two runs: settings, kept pairs, paired differences")
    compare.add_argument("first")
    compare.add_argument("second")
    checked = command("doctor", _doctor, "what this machine can do, and whether a preset fits it")
    checked.add_argument("--preset", help="estimate memory and time of its stages here")
    checked.add_argument("--plan", action="store_true", help="what half a million segments would cost on GPUs instead")
    checked.add_argument(
        "--assume", nargs="+", default=[], metavar="NAME=VALUE", help="for --plan: parameters=8 segments=500000"
    )
    checked.add_argument("--prices", nargs="+", type=float, default=[], help="for --plan: dollars for a GPU-hour")
    _add_inputs(checked)
    _add_tools(command)
    segments = command("segments", corpus.main, "web pages or texts to segments, without a notebook")
    corpus.add_arguments(segments)
    made = command("reference", _reference, "copy what is worth looking at of a finished run into artifacts/reference")
    made.add_argument("--run", default="tiny", help="a finished run (default: tiny)")
    made.add_argument("--ablations", nargs="*", help="whose results are taken too (default: all but quick ones)")
    clean.add_arguments(command("clean", clean.main, "delete a run, or all of them"))
    return parser


def main() -> int:
    """Parse the command line and do it; an error is one line on stderr and exit status 1."""
    if os.environ.get("KIT_ARTIFACTS"):  # the notebooks run in another folder
        os.environ["KIT_ARTIFACTS"] = os.path.abspath(os.environ["KIT_ARTIFACTS"])
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C
    try:
        args = _parser().parse_args()
        arguments.refuse_empty(vars(args))
        return args.do(args) or 0
    except (runs.ArtifactError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
    except OSError as error:
        print(f"error: {arguments.refused(error)}", file=sys.stderr)
    except (ImportError, RuntimeError) as error:
        print(f"\nerror: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        command = shlex.join([sys.executable, "-m", "helpers", *sys.argv[1:]])
        print(f"\nstopped; what is done is safe, and `{command}` continues", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
