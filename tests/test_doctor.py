"""The doctor says what is wrong, and its 4-bit check sees a lost gradient."""

import logging
import sys

import pytest

from helpers import doctor, presets

REQUIREMENTS = ["torch==2.13.0", "pandas<4,>=3", 'pytest>=8; extra == "dev"']


@pytest.fixture(scope="module")
def errors():
    return doctor.quantisation_errors()


def test_this_machine_works(capsys):
    assert doctor.main() == 0
    text = capsys.readouterr().out
    assert "The kit works here." in text
    assert len(text.splitlines()) <= 24, "one screen"
    assert max(map(len, text.splitlines())) <= 160


def test_exit_code_is_1_and_the_verdict_names_what_is_wrong(capsys, monkeypatch):
    monkeypatch.setattr(doctor, "checks", lambda: [doctor.Check("Python", "3.11"), doctor.Check("disk", "0", False)])
    assert doctor.main() == 1
    assert "The kit cannot work here: disk." in capsys.readouterr().out


@pytest.mark.parametrize(("version", "works"), [((3, 10, 14), False), ((3, 11, 0), True), ((3, 14, 0), True)])
def test_python_from_3_11_on(version, works):
    assert doctor.check_python(version).works is works


def test_missing_packages_are_named_and_extras_are_not_asked_for():
    assert doctor.check_packages(REQUIREMENTS).found == "all 2 installed"
    check = doctor.check_packages([*REQUIREMENTS, "no-such-package-1>=2"])
    assert not check.works
    assert check.found == "missing: no-such-package-1"


def test_a_kit_that_is_not_installed_is_the_missing_package(monkeypatch):
    monkeypatch.setattr(doctor, "KIT", "no-such-kit")
    assert doctor.checks()[-1].found == "missing: no-such-kit"


def test_a_torch_that_does_not_import_ends_the_report_early(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    found = doctor.checks()
    assert [check.name for check in found] == ["Python", "packages", "torch"]
    assert not found[-1].works


def test_nf4_equals_its_dequantised_twin_also_after_an_evaluation(errors):
    assert set(errors) == {f"{what}{when}" for what in ("output", "gradient") for when in ("", " after an evaluation")}
    assert max(errors.values()) <= doctor.TOLERANCE


@pytest.mark.skipif("avx512_bf16" not in doctor.cpu_flags(), reason="this CPU never repacks 4-bit weights")
@pytest.mark.filterwarnings("ignore")
def test_a_repacked_layer_loses_its_gradient_and_the_comparison_sees_it(monkeypatch):
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    errors = doctor.quantisation_errors(repacking=True)
    assert errors["gradient after an evaluation"] == 1.0
    assert errors["gradient"] <= doctor.TOLERANCE


@pytest.fixture
def two_gpus(monkeypatch):
    """Two cards with 6 and 40 GiB free; torch uses the first."""
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda number=0: ("small card", "large card")[number])
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda number=0: ((6 * 2**30, 40 * 2**30)[number], 48 * 2**30))


def test_of_several_gpus_the_one_that_is_used_counts(two_gpus):
    assert doctor.free_gpu_memory() == doctor.machine.free("cuda") == 6
    check = doctor.check_device()
    assert check.found == "small card; 6 GiB free"
    assert "one of 2 GPUs" in check.advice and "CUDA_VISIBLE_DEVICES" in check.advice


def test_the_device_on_a_mac_is_its_gpu(monkeypatch):
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert doctor.check_device().found.startswith("mps; ")


def test_files_that_the_system_keeps_in_memory_count_as_free_below_a_container_s_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(doctor.machine, "CGROUP", tmp_path)
    everything = doctor.free_memory()
    (tmp_path / "memory.max").write_text(f"{2**22}\n")
    (tmp_path / "memory.current").write_text(f"{2**22 - 2**18}\n")
    (tmp_path / "memory.stat").write_text(f"file 9\ninactive_file {2**21}\nactive_file 7\n")
    assert doctor.free_memory() == (2**21 + 2**18) / 2**30 < everything
    (tmp_path / "memory.max").write_text("max\n")
    assert doctor.free_memory() > 2**22 / 2**30


@pytest.mark.parametrize("error", [1.0, float("nan")])
def test_a_wrong_or_undefined_difference_is_reported(monkeypatch, error):
    monkeypatch.setattr(doctor, "quantisation_errors", lambda: {"output": 0.0, "gradient": error})
    check = doctor.check_quantisation()
    assert not check.works
    assert "gradient off by" in check.found and "output" not in check.found


def test_a_bitsandbytes_that_raises_is_reported_with_its_cause(monkeypatch):
    def fail():
        raise RuntimeError("no library for this device")

    monkeypatch.setattr(doctor, "quantisation_errors", fail)
    check = doctor.check_quantisation()
    assert not check.works
    assert "RuntimeError: no library for this device" in check.found


def test_the_random_state_is_left_as_found():
    torch = pytest.importorskip("torch")
    before = torch.get_rng_state()
    doctor.quantisation_errors()
    assert torch.equal(torch.get_rng_state(), before)
    assert logging.getLogger().level != logging.ERROR, "only one logger of bitsandbytes is quietened"


@pytest.mark.parametrize(
    ("free", "fitting"),
    [
        ((0, 1, 50), []),
        ((0, 5, 50), ["tiny"]),
        ((0, 8, 50), ["tiny", "course", "smol"]),
        ((14.6, 12, 60), ["tiny", "course", "smol", "t4"]),
        ((23, 60, 60), ["tiny", "course", "smol", "t4", "single_gpu"]),
        ((23, 60, 9), ["tiny", "course", "smol"]),
        ((80, 200, 200), ["tiny", "course", "smol", "t4", "single_gpu", "paper"]),
    ],
)
def test_presets_that_fit(free, fitting):
    check = doctor.check_presets(doctor.Room(*free))
    assert [name for name in doctor.NEEDS if f"{name} (" in check.found] == fitting
    assert check.works is bool(fitting)
    assert bool(check.advice) is ("paper" not in fitting)


def test_every_preset_says_what_it_needs_the_least_first():
    assert set(doctor.NEEDS) <= set(presets.KNOWN)
    assert list(doctor.NEEDS.values()) == sorted(doctor.NEEDS.values())


def test_too_little_room_is_named_with_what_is_needed():
    check = doctor.check_presets(doctor.Room(0, 0.5, 100))
    assert not check.works
    assert check.advice == "tiny asks for 4 GiB of memory, 1 GiB of disk"


def test_a_cpu_that_would_repack_is_warned_about():
    assert doctor.check_avx512(set()).found == "no"
    assert doctor.check_avx512({"avx512f"}).found == "yes"
    assert "must not be repacked" in doctor.check_avx512({"avx512f", "avx512_bf16"}).found
