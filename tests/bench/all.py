"""Every measurement beside its peers: `python tests/bench/all.py [SECTION ...]` writes results/<machine>.md.

Each section is a process of its own, and in it all contestants take turns. A section that is measured again takes the place
of its old self in the file; the others stay. Peers are installed by pip into the cache folder when they are first needed.
"""

import argparse
import os
import platform
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent
SECTIONS = {
    "training": "Training",
    "generation": "Generation",
    "judging": "Judging",
    "corpus": "Corpus",
    "duplicates": "Near duplicates",
    "panels": "Panels",
    "endpoint": "A server in place of a local base",
    "end_to_end": "End to end",
    "course": "The course exercise",
    "faults": "What goes wrong",
    "kills": "Runs that are killed",
}
"""Each section's file (bench_<name>.py) and its title."""

PACKAGES = ("torch", "transformers", "peft", "bitsandbytes", "accelerate")
FLAGS = ("avx2", "avx512f", "avx512_bf16", "amx_bf16")


def machine() -> str:
    """What this machine is, as a file's name: its processor, cores, and GPU where there is one; never its host name."""
    import torch

    about = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    model = re.search(r"^model name\s*:\s*(.+)$", about, re.MULTILINE)
    parts = [model[1] if model else platform.machine(), f"{os.cpu_count()} cores", *flags()[-1:]]
    parts += [torch.cuda.get_device_name(0)] if torch.cuda.is_available() else []
    return re.sub(r"[^\w.]+", "-", " ".join(parts)).strip("-").lower()


def flags() -> list[str]:
    """The instruction sets of ``FLAGS`` that this CPU has and that torch was not told to leave alone."""
    from helpers.machine import cpu_flags, has_amx

    found = cpu_flags() - (set() if has_amx() else {"amx_bf16"})
    return [flag for flag in FLAGS if flag in found]


def head() -> str:
    """What stands above the sections."""
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return f"""# {machine()}

Written by `python tests/bench/all.py`. Medians of 3 turns where a table says no other number: in
each turn every contestant of a table runs once, in one process.
"Ours is" compares the work in a CPU second: other programs that share the cores lengthen the seconds a lot and the CPU seconds
little. "Begun at a load" is how many processes waited for the cores, on average over a minute, when the section began.

Python {platform.python_version()}, {versions}. CPU: {", ".join(flags()) or "flags unknown"}.
"""


def measured(name: str, options: list[str]) -> str:
    """The text of a section: what its file says it does, then what it printed; or why there is nothing."""
    command = [sys.executable, str(HERE / f"bench_{name}.py"), *options]
    load = f"Begun at a load of {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores." if hasattr(os, "getloadavg") else ""
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, cwd=HERE.parents[1])
    about = re.search(r'^"""(.+?)"""', (HERE / f"bench_{name}.py").read_text("utf-8"), re.DOTALL)[1]
    ended = f"The command ended with {done.returncode}." if done.returncode else ""
    return "\n\n".join(part for part in (about.strip(), load, done.stdout.strip(), ended) if part) + "\n"


def sections_of(text: str) -> dict[str, str]:
    """Title and body of each section of a results file."""
    text = re.sub(r"^Not measured on this machine: .+\n", "", text, flags=re.MULTILINE)
    parts = re.split(r"^## (.+)\n", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], (body.strip() + "\n" for body in parts[2::2]), strict=True))


def main() -> int:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sections", nargs="*", choices=[*SECTIONS, []], metavar="SECTION", help=", ".join(SECTIONS))
    parser.add_argument("--with", dest="options", nargs=argparse.REMAINDER, default=[], help="options for one section's file")
    args = parser.parse_args()
    path = HERE / "results" / f"{machine()}.md"
    path.parent.mkdir(exist_ok=True)
    for name in args.sections or SECTIONS:
        kept = sections_of(path.read_text("utf-8")) if path.exists() else {}
        kept[SECTIONS[name]] = measured(name, args.options)
        written = [f"## {title}\n\n{kept[title]}" for title in SECTIONS.values() if title in kept]
        absent = [title for title in SECTIONS.values() if title not in kept]
        written += [f"Not measured on this machine: {', '.join(absent)}.\n"] if absent else []
        path.write_text("\n".join([head(), *written]), "utf-8")
        print(kept[SECTIONS[name]], flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
