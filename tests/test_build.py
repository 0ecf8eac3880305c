"""The build: every platform's wheel holds its own library, and without a compiler there is still a package."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[1]
ENGINE = ROOT / "procsim" / "engine"

_spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
assert _spec
assert _spec.loader
build = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(build)

ELF_ARM = b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x03\x00\xb7\x00"
MACH_O_INTEL = b"\xcf\xfa\xed\xfe\x07\x00\x00\x01"
PE_INTEL = b"MZ" + bytes(0x3A) + b"\x48\x00\x00\x00" + bytes(8) + b"PE\0\0\x64\x86"

# Stands for zig: writes a library for 64-bit Arm Windows, or WebAssembly, or fails as a missing module does.
COMPILER = """
import sys
arguments = sys.argv[1:]
web = "wasm32-freestanding" in arguments
header = b"MZ" + bytes(0x3A) + b"\\x40\\0\\0\\0" + b"PE\\0\\0\\x64\\xaa"
with open(arguments[arguments.index("-o") + 1], "wb") as file:
    file.write(b"\\0asm\\1\\0\\0\\0" if web else header)
"""
NO_COMPILER = "import sys; sys.exit('No module named ziglang')"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (ELF_ARM, ("ELF", 0xB7)),
        (MACH_O_INTEL, ("Mach-O", 0x01000007)),
        (PE_INTEL, ("PE", 0x8664)),
        (b"\0asm\1\0\0\0", ("wasm", 0)),
        (b"MZ" + bytes(0x80), ("", 0)),
        (b"#!/bin/sh\n", ("", 0)),
        (b"", ("", 0)),
    ],
)
def test_a_library_tells_its_format_and_processor(content: bytes, expected: tuple[str, int]) -> None:
    assert build.machine(content) == expected


def test_targets_agree_with_their_platforms() -> None:
    formats = {"linux": ("ELF", "kernel.so"), "macosx": ("Mach-O", "kernel.dylib"), "win": ("PE", "kernel.dll")}
    for name, target in build.TARGETS.items():
        system, machine = name.split("-")
        assert (target.format, target.library) == formats[system]
        assert all(platform.endswith(machine) for platform in target.platform.split("."))
        assert target.zig.split("-")[0] == {"amd64": "x86_64", "arm64": "aarch64"}.get(machine, machine)
        assert target.zig.partition("macos.")[2].replace(".", "_") in target.platform, "compiled for what the tag says"


def wheel(tmp_path: Path, compiler: str, kernel: str) -> subprocess.CompletedProcess[str]:
    """Build a small package with the real hook and a compiler that is a few lines of Python, into tmp_path/dist."""
    tree = tmp_path / "tree"
    (tree / "procsim" / "engine").mkdir(parents=True)
    (tree / "procsim" / "engine" / "kernel.c").write_text("int none;\n")
    (tree / "procsim" / "__init__.py").touch()
    (tree / "hatch_build.py").write_bytes((ROOT / "hatch_build.py").read_bytes())
    (tree / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
        '[project]\nname = "procsim"\nversion = "1"\nrequires-python = ">=3.11"\n'
        "[tool.hatch.build.targets.wheel.hooks.custom]\n"
    )
    (tmp_path / "ziglang.py").write_text(compiler)
    environment = os.environ | {"PYTHONPATH": str(tmp_path), "PROCSIM_KERNEL": kernel}
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path / "dist")]
    return subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True)


def test_a_wheel_holds_the_library_of_its_platform(tmp_path: Path) -> None:
    done = wheel(tmp_path, COMPILER, "win-arm64")
    assert done.returncode == 0, done.stderr
    built = tmp_path / "dist" / "procsim-1-py3-none-win_arm64.whl"
    kernel = [name for name in ZipFile(built).namelist() if "/kernel." in name]
    assert sorted(kernel) == [f"procsim/engine/kernel.{end}" for end in ("c", "dll", "wasm")]
    assert "PE 0xaa64; kernel.dll 70 bytes, kernel.wasm 8 bytes" in build.look_into(built, build.TARGETS["win-arm64"])
    with pytest.raises(SystemExit, match=r"holds .*kernel\.dll"):
        build.look_into(built, build.TARGETS["win-amd64"])


def test_without_a_compiler_the_package_is_whole_and_says_how_it_runs(tmp_path: Path) -> None:
    done = wheel(tmp_path, NO_COMPILER, "")
    assert done.returncode == 0, done.stderr
    assert "no fast engine (No module named ziglang); it will run on the SimPy reference, slower." in done.stderr
    names = ZipFile(tmp_path / "dist" / "procsim-1-py3-none-any.whl").namelist()
    assert [name for name in names if "/kernel." in name] == ["procsim/engine/kernel.c"]


@pytest.mark.parametrize("kernel", ["required", "linux-aarch64"])
def test_a_kernel_that_is_required_stops_the_build(tmp_path: Path, kernel: str) -> None:
    done = wheel(tmp_path, NO_COMPILER, kernel)
    assert done.returncode != 0
    assert "procsim/engine/kernel.c: not compiled for" in done.stderr
    assert "No module named ziglang" in done.stderr
    assert not list((tmp_path / "dist").glob("*.whl"))


def test_an_unknown_target_is_named_with_what_there_is(tmp_path: Path) -> None:
    done = wheel(tmp_path, COMPILER, "solaris")
    assert done.returncode != 0
    assert "PROCSIM_KERNEL: no target 'solaris'. Known: required, linux-x86_64, " in done.stderr


def test_what_is_installed_was_compiled_from_this_source() -> None:
    source = ENGINE / "kernel.c"
    products = [ENGINE / name for name in build.PRODUCTS if (ENGINE / name).exists()]
    if not products:
        pytest.skip("no kernel was compiled here: the package runs on the SimPy reference")
    assert len(products) == 2, "a library and WebAssembly"
    for product in products:
        assert product.stat().st_mtime >= source.stat().st_mtime, f"{product.name} is old: run make kernel"
