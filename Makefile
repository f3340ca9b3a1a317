# Every target sets up by itself: a virtual environment in .venv, made with venv and pip from pyproject.toml.
# pip's own configuration (mirrors, local wheels) applies, which is why no other installer is used.

PYTHON ?= python3
BIN := .venv/bin

# Threads that wait give their core away: a busy neighbour otherwise slows PyTorch on a CPU several times over.
export OMP_WAIT_POLICY = PASSIVE

.PHONY: run test lab reference env clean

run: env
	$(BIN)/python -m helpers run

test: env
	$(BIN)/python -m pytest

# Cells with !python and JupyterLab's terminals find this environment first. In containers and on rented machines the user is
# often root, which JupyterLab refuses unless it is told.
lab: env
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/jupyter lab --notebook-dir=. --LabApp.default_url=/lab/tree/notebooks/00_tour.ipynb \
		$(if $(filter 0,$(shell id -u)),--allow-root)

# The run that is committed for readers: artifacts/reference, with the results of `python -m helpers ablate` where they are there.
reference: run
	$(BIN)/python -m helpers reference

env: .venv/.ready

# torch comes first and by itself, so that pip settles for a CPU build where its configuration offers one.
.venv/.ready: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=...")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install "$$(grep -o 'torch==[0-9.]*' pyproject.toml)"
	$(BIN)/python -m pip install -e '.[dev]'
	@touch $@

# Removes the runs, after a question where something in them was made by hand; what is committed under artifacts/ stays.
clean:
	@$(if $(wildcard $(BIN)/python),$(BIN)/python,$(PYTHON)) -m helpers clean --all
