"""The rules of the house: which module may import which, how large code may grow, and how a notebook is made.

A rule is a function that returns a list of problems, so that the tests can also apply it to code that breaks it.
"""

import ast
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

REPO = Path(__file__).parents[1]
MODULES = sorted((REPO / "helpers").rglob("*.py"))
NOTEBOOKS = sorted((REPO / "notebooks").glob("*.ipynb"))
TEXTS = [
    path
    for folder in ("helpers", "notebooks", "tests", ".ci", ".")
    for path in sorted((REPO / folder).glob("*" if folder == "." else "**/*"))
    if path.suffix in {".py", ".ipynb", ".md", ".toml", ".yml", ".yaml", ".csv", ".mplstyle"}
    or path.name in {"Makefile", "run", ".gitignore"}
]

LAYERS = (
    {"arguments", "paper", "tables", "truth", "judge", "fields", "config", "hub", "machine", "tokens"},
    {"curation"},
    {"runs"},
    {"locks", "stages"},
    {"corpus", "seed_pairs", "prompts", "augmentation", "stats", "export"},
    {"models"},
    {"presets", "generation", "endpoint", "training"},
    {"judging"},
    {"method"},
    {"evaluation"},
    {"experiments"},
    {"budget", "clean", "doctor", "fit", "notebooks"},
    {"ablate", "reference"},
    {"__main__", "miniweb"},
)
"""A module imports from its own layer and from those before it, never from a later one."""

SEEN_BY = {
    "figures": {"paper", "tables", "curation", "stats"},
    "widgets": {"tables", "curation", "stats", "figures"},
    "paper": set(),
}
"""Modules that may import less than their layer would allow, and what they may import."""

WORLDS = {"miniweb", "presets"}
"""Modules that may import the mini web: its own, and the presets, which name its truth."""

TORCH_FREE = (
    "paper",
    "config",
    "hub",
    "machine",
    "tokens",
    "corpus",
    "seed_pairs",
    "augmentation",
    "curation",
    "stats",
    "evaluation",
    "experiments",
    "export",
    "figures",
    "widgets",
    "doctor",
    "experiments.plan",
    "notebooks",
    "__main__",
)
READING = {"07_figures", "08_judges"}
"""Notebooks that only look at a run; a run executes those that are there."""

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
OWN_SCOPE = (*DEFINITIONS, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
NO_PLACE_FOR = re.compile(r"\.\./" + r"shared|(?<![\w.])/" + r"work(?=/|\b)|\bissues?\s+#?\d{1,2}\b", re.IGNORECASE)


def relative(path: Path) -> str:
    return path.relative_to(REPO).as_posix()


# --- The package ----------------------------------------------------------------------------------------------------


def concern(path: Path) -> str:
    """`helpers/corpus/readers.py` -> "corpus"; `helpers/__init__.py` -> ""."""
    part = path.relative_to(REPO / "helpers").parts[0].removesuffix(".py")
    return "" if part == "__init__" else part


def imported_concerns(source: str, package: tuple[str, ...]) -> set[str]:
    """Concerns of `helpers` that a module imports, wherever the import stands.

    Args:
        source: the text of the module.
        package: the package of the module, ("helpers",) or ("helpers", "corpus"), from which relative imports start.
    """
    names = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join([*start, *([node.module] if node.module else [])])
            names += [f"{base}.{alias.name}" for alias in node.names]
    return {name.split(".")[1] for name in names if name.startswith("helpers.")}


def wrong_imports(importer: str, imported: set[str]) -> list[str]:
    """The concerns that `importer` must not import, each with the reason."""
    depth = {name: i for i, layer in enumerate(LAYERS) for name in layer}
    problems = [f"{importer} imports {name}" for name in imported if name == "miniweb" and importer not in WORLDS]
    allowed = SEEN_BY.get(importer)
    for name in sorted(imported - {importer, "miniweb"}):
        if allowed is not None and name not in allowed:
            problems.append(f"{importer} imports {name}, and may import only {sorted(allowed) or 'nothing'}")
        elif allowed is None and depth.get(name, -1) > depth.get(importer, len(LAYERS)):
            problems.append(f"{importer} imports {name}, which stands above it")
    return problems


def cycles(imports: dict[str, set[str]]) -> list[str]:
    """Concerns that import themselves through others."""
    reached = {name: set(seen) for name, seen in imports.items()}
    for _ in reached:
        for name, seen in reached.items():
            reached[name] = seen.union(*(reached.get(other, set()) for other in seen))
    return sorted(name for name, seen in reached.items() if name in seen)


def package_imports() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for path in MODULES:
        package = ("helpers", *path.relative_to(REPO / "helpers").parts[:-1])
        found.setdefault(concern(path), set()).update(imported_concerns(path.read_text("utf-8"), package))
    return {name: seen - {name} - ({"miniweb"} if name == "presets" else set()) for name, seen in found.items()}


def size_problems(name: str, source: str) -> list[str]:
    """Modules of more than 360 lines, and functions of more than 50."""
    lines = len(source.splitlines())
    problems = [f"{name} has {lines} lines, 360 at most"] if lines > 360 else []
    for node in functions(ast.parse(source)):
        if (length := node.end_lineno - node.lineno + 1) > 50:
            problems.append(f"{name}:{node.lineno} {node.name} has {length} lines, 50 at most")
    return problems


def functions(tree: ast.AST) -> list[ast.AST]:
    return [node for node in ast.walk(tree) if isinstance(node, DEFINITIONS[:2])]


def undocumented(name: str, source: str) -> list[str]:
    """Public things without a docstring: the module, its functions, classes and methods."""
    tree = ast.parse(source)
    missing = [] if ast.get_docstring(tree) or not tree.body else [f"{name}: the module"]
    for node in public_definitions(tree):
        if not ast.get_docstring(node):
            missing.append(f"{name}:{node.lineno} {node.name}")
    return missing


def public_definitions(body: ast.AST) -> list[ast.AST]:
    """Functions, classes and methods whose names do not begin with an underscore. Definitions inside functions are private."""
    found = []
    for node in body.body:
        if not isinstance(node, DEFINITIONS) or node.name.startswith("_"):
            continue
        found.append(node)
        if isinstance(node, ast.ClassDef):
            found += public_definitions(node)
    return found


def prints(name: str, source: str) -> list[str]:
    """Calls of print outside functions named main. Progress is shown by tqdm, and results are returned."""
    tree = ast.parse(source)
    command_line = {call for node in functions(tree) if node.name == "main" for call in ast.walk(node)}
    return [
        f"{name}:{node.lineno} print"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "print" and node not in command_line
    ]


def package_problems(rule) -> list[str]:
    assert MODULES
    return [problem for path in MODULES for problem in rule(relative(path), path.read_text("utf-8"))]


def test_imports_run_one_way():
    assert [p for name, seen in package_imports().items() for p in wrong_imports(name, seen)] == []


def test_no_concern_imports_itself_through_others():
    assert cycles(package_imports()) == []


def test_every_concern_has_its_place_in_the_layers():
    known = set().union(*LAYERS, SEEN_BY, {""})
    assert {concern(path) for path in MODULES} <= known, "name the new module in LAYERS"


def test_modules_and_functions_stay_small():
    assert package_problems(size_problems) == []


def test_everything_public_has_a_docstring():
    assert package_problems(undocumented) == []


def test_helpers_do_not_print():
    assert package_problems(lambda name, source: [] if name.endswith("__main__.py") else prints(name, source)) == []


def test_torch_free_modules_do_not_import_torch():
    names = [name for name in TORCH_FREE if any(concern(path) == name.partition(".")[0] for path in MODULES)]
    code = f"import importlib, sys\nfor n in {names}:\n    importlib.import_module('helpers.' + n)\n"
    code += "    assert 'torch' not in sys.modules and 'transformers' not in sys.modules, n"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=REPO)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("importer", "imported", "problems"),
    [
        ("training", {"models", "config"}, 0),
        ("stats", {"tables"}, 0),
        ("models", {"training"}, 1),
        ("config", {"prompts"}, 1),
        ("widgets", {"models"}, 1),
        ("judging", {"miniweb"}, 1),
        ("__main__", {"miniweb"}, 1),
        ("paper", {"config"}, 1),
        ("curation", {"widgets"}, 0),
    ],
)
def test_wrong_imports_are_seen(importer, imported, problems):
    assert len(wrong_imports(importer, imported)) == problems


def test_imports_are_found_wherever_they_stand():
    source = "import helpers.models as m\ndef f():\n    from . import html\n    from ..stats import auc\n"
    assert imported_concerns(source, ("helpers", "corpus")) == {"models", "corpus", "stats"}
    assert imported_concerns("from helpers import paper, config", ("helpers",)) == {"paper", "config"}
    assert imported_concerns("from . import paper", ("helpers",)) == {"paper"}
    assert cycles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == ["a", "b", "c"]


def test_large_undocumented_and_printing_code_is_seen():
    long = "def f():\n" + "    x = 1\n" * 50
    assert size_problems("m", long) == ["m:1 f has 51 lines, 50 at most"]
    assert size_problems("m", "x = 1\n" * 361) == ["m has 361 lines, 360 at most"]
    source = "class A:\n    def g(self): ...\n    def _h(self): ...\ndef _i(): ...\n"
    assert undocumented("m", source) == ["m: the module", "m:1 A", "m:2 g"]
    assert prints("m", "def main():\n    print(1)\ndef f():\n    print(2)\n") == ["m:4 print"]


# --- The notebooks --------------------------------------------------------------------------------------------------


def code_cells(notebook: dict) -> list[dict]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def tags(cell: dict) -> list[str]:
    return cell["metadata"].get("tags", [])


def text(cell: dict) -> str:
    return "".join(cell["source"])


def unstripped(notebook: dict) -> list[str]:
    """Outputs, execution counts and widget state in a notebook. They belong in the executed copy of a run."""
    kept = [f"cell {i} has outputs or a count" for i, c in enumerate(code_cells(notebook)) if leftovers(c)]
    return kept + (["widget state"] if "widgets" in notebook["metadata"] else [])


def leftovers(cell: dict) -> bool:
    return bool(cell["outputs"]) or cell["execution_count"] is not None


def misshapen(notebook: dict) -> list[str]:
    """Problems of form: no parameters cell at the top, cells of more than 15 lines, definitions outside a knob, magics."""
    cells = code_cells(notebook)
    problems = [] if cells and "parameters" in tags(cells[0]) else ["the first code cell is not tagged parameters"]
    for i, cell in enumerate(cells):
        source = text(cell)
        if len(source.splitlines()) > 15:
            problems.append(f"cell {i} has {len(source.splitlines())} lines, 15 at most")
        if re.search(r"^\s*[%!]", source, re.MULTILINE):
            problems.append(f"cell {i} has a magic or a shell command")
        elif "knob" not in tags(cell) and has_definition(source):
            problems.append(f"cell {i} defines a function or class and is not tagged knob")
    if sum("knob" in tags(cell) for cell in cells) > 1:
        problems.append("more than one knob")
    return problems


def has_definition(source: str) -> bool:
    return any(isinstance(node, DEFINITIONS) for node in ast.walk(ast.parse(source)))


def bound_names(source: str) -> set[str]:
    """Global names that a cell binds. Names that begin with an underscore are temporary and do not count."""
    names, nodes = set(), list(ast.parse(source).body)
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.alias):
            names.add((node.asname or node.name).split(".")[0])
        elif isinstance(node, DEFINITIONS):
            names.add(node.name)
        if not isinstance(node, OWN_SCOPE):
            nodes += ast.iter_child_nodes(node)
    return {name for name in names if not name.startswith("_")}


def mutated_names(source: str) -> set[str]:
    """Names of the objects that a cell changes by assigning into them or deleting from them."""
    roots = set()
    for node in ast.walk(ast.parse(source)):
        if not (isinstance(node, ast.Subscript | ast.Attribute) and isinstance(node.ctx, ast.Store | ast.Del)):
            continue
        while isinstance(node, ast.Subscript | ast.Attribute):
            node = node.value
        roots |= {node.id} if isinstance(node, ast.Name) else set()
    return roots


WRITERS = {"write", "write_json", "write_table", "write_text", "to_parquet", "to_csv", "savefig"}


def written_late(notebook: dict) -> list[str]:
    """Writing outside a block of a stage: a kill between the stage's end and this would lose what is written."""
    problems = []
    for i, cell in enumerate(code_cells(notebook)):
        tree = ast.parse(text(cell))
        blocks = [
            node for node in ast.walk(tree) if isinstance(node, ast.With) and "stages.stage(" in ast.unparse(node.items[0])
        ]
        inside = {id(node) for block in blocks for node in ast.walk(block)}
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and id(node) not in inside]
        problems += [f"cell {i}: {ast.unparse(call)}" for call in calls if getattr(call.func, "attr", "") in WRITERS]
    return problems


def tangled(notebook: dict) -> list[str]:
    """Names that two cells bind, and objects that a cell changes without having made them."""
    sources = [text(cell) for cell in code_cells(notebook)]
    bound = [bound_names(source) for source in sources]
    problems = []
    for i, source in enumerate(sources):
        earlier = set().union(*bound[:i])
        problems += [f"cell {i} binds {name} again" for name in sorted(bound[i] & earlier)]
        others = earlier.union(*bound[i + 1 :]) - bound[i]
        problems += [f"cell {i} changes {name} of another cell" for name in sorted(mutated_names(source) & others)]
    return problems


@pytest.mark.parametrize("rule", [unstripped, misshapen, tangled])
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook(path, rule):
    assert rule(json.loads(path.read_text("utf-8"))) == []


def test_the_readme_is_a_page_that_names_every_notebook_and_every_module():
    readme = (REPO / "README.md").read_text("utf-8")
    assert len(readme.splitlines()) <= 80
    assert NOTEBOOKS
    named = re.findall(r"^\| `(\d\d_\w+)`", readme, re.MULTILINE)
    there = [path.stem for path in NOTEBOOKS]
    assert [name for name in named if name in {*there, *set(named) - set(READING)}] == there
    rows = " ".join(line.split("|")[1] for line in readme.splitlines() if line.startswith("| `"))
    assert {concern(path) for path in MODULES} - {"", "__main__"} <= set(re.findall(r"`(\w+)/?`", rows))


def test_what_the_readme_shows_is_there():
    readme = (REPO / "README.md").read_text("utf-8")
    shown = re.findall(r"\]\((?!https?:)([^)#]+)\)|src=\"([^\"]+)\"", readme)
    assert shown and [path for path in map("".join, shown) if not (REPO / path).exists()] == []


def notebook_of(*sources: str, **first) -> dict:
    """A stripped notebook of code cells; `first` replaces fields of the first one."""
    cells = [{"cell_type": "code", "source": s, "metadata": {}, "outputs": [], "execution_count": None} for s in sources]
    cells[0]["metadata"] = {"tags": ["parameters"]}
    cells[0] |= first
    return {"cells": cells, "metadata": {}}


@pytest.mark.parametrize(
    ("notebook", "rule", "problem"),
    [
        (notebook_of("RUN = 1", execution_count=3), unstripped, "outputs or a count"),
        (notebook_of("RUN = 1", outputs=[{}]), unstripped, "outputs or a count"),
        (notebook_of("RUN = 1") | {"metadata": {"widgets": {}}}, unstripped, "widget state"),
        (notebook_of("RUN = 1", metadata={}), misshapen, "not tagged parameters"),
        (notebook_of("RUN = 1", "1\n" * 16), misshapen, "16 lines"),
        (notebook_of("RUN = 1", "%pip install x"), misshapen, "magic"),
        (notebook_of("RUN = 1", "if RUN:\n    def f(): ..."), misshapen, "knob"),
        (notebook_of("a = 1", "a += 1"), tangled, "binds a again"),
        (notebook_of("import os", "from x import os"), tangled, "binds os again"),
        (notebook_of("a = 1", "for a in ():\n    pass"), tangled, "binds a again"),
        (notebook_of("a = 1", "with open('x') as (a, b):\n    pass"), tangled, "binds a again"),
        (notebook_of("a = {}", "a['x'] = 1"), tangled, "changes a of another"),
        (notebook_of("a = {}", "a.b[0].c += 1"), tangled, "changes a of another"),
        (notebook_of("a = {}", "del a['x']"), tangled, "changes a of another"),
        (notebook_of("with stages.stage('a', 'b'):\n    f()\ntables.write_json(path, {})"), written_late, "write_json"),
    ],
)
def test_a_notebook_that_breaks_a_rule_is_seen(notebook, rule, problem):
    assert [problem in found for found in rule(notebook)] == [True]


def test_a_notebook_that_keeps_the_rules_passes():
    good = notebook_of("RUN = 'tiny'", "_x = 1\nrows = {}\nrows['a'] = 1", "_x = 2\ntotal = sum(x for x in (RUN, rows))")
    assert [problem for rule in (unstripped, misshapen, tangled) for problem in rule(good)] == []
    assert written_late(notebook_of("with stages.stage('a', 'b') as stage:\n    stage.write('rows', rows)")) == []


@pytest.mark.parametrize("path", [path for path in NOTEBOOKS if path.stem not in READING], ids=lambda path: path.stem)
def test_what_a_stage_leaves_is_written_before_it_is_done(path):
    assert written_late(json.loads(path.read_text("utf-8"))) == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_stage_with_a_model_records_what_the_model_says_of_itself(path):
    source = path.read_text("utf-8")
    loads = "models.load(" in source or "endpoint.open_base(" in source
    assert ("stage.uses(model)" in source) == loads


# --- The rest of the house ------------------------------------------------------------------------------------------


def test_environment_and_pyproject_name_the_same_packages_and_ranges():
    project = tomllib.loads((REPO / "pyproject.toml").read_text("utf-8"))["project"]
    environment = yaml.safe_load((REPO / "environment.yml").read_text("utf-8"))
    *conda, pip = environment["dependencies"]
    assert pip["pip"] == [*project["dependencies"], *project["optional-dependencies"]["dev"], "-e ."]
    assert conda == ["python=3.12", "pip"]
    assert environment["channels"] == ["conda-forge", "nodefaults"]
    assert environment["name"] == project["name"]


def test_torch_is_pinned_once():
    makefile = (REPO / "Makefile").read_text("utf-8")
    assert "pyproject.toml" in makefile and not re.search(r"torch==\d", makefile)
    assert len(re.findall(r"torch==[0-9.]+", (REPO / "pyproject.toml").read_text("utf-8"))) == 1


def test_nothing_mentions_what_only_its_developers_have():
    # The one helper that finds optional local data has to name the place.
    texts = [path for path in TEXTS if path != REPO / "tests" / "conftest.py"]
    assert {REPO / "README.md", REPO / "Makefile", Path(__file__)} <= set(texts)
    found = {relative(path): NO_PLACE_FOR.findall(path.read_text("utf-8")) for path in texts}
    assert {name: places for name, places in found.items() if places} == {}


@pytest.mark.parametrize(
    ("line", "seen"),
    [(" ".join(("see iss" + "ue", "#12")), 1), ("../" + "shared/x", 1), ("in /" + "work/main", 1), ("workers/work", 0)],
)
def test_such_mentions_are_seen(line, seen):
    assert len(NO_PLACE_FOR.findall(line)) == seen


@pytest.mark.parametrize("command", [["check"], ["format", "--check"]], ids=" ".join)
def test_ruff_is_content(command):
    done = subprocess.run([sys.executable, "-m", "ruff", *command, "."], capture_output=True, text=True, cwd=REPO)
    assert done.returncode == 0, done.stdout
