"""Compiles the engine's one C file with zig, to a shared library for Python and to WebAssembly for the offline page.

hatchling runs the hook for each wheel and editable install. `python hatch_build.py` compiles again beside the sources,
`python hatch_build.py wheels` builds a wheel for every target into dist/ and looks into each.

PROCSIM_KERNEL says what to compile for: unset, this machine, if that is possible; `required`, this machine or fail;
a target's name, such as `win-arm64`, that or fail.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple
from zipfile import ZipFile

from hatchling.build import build_wheel
from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).parent
ENGINE = Path("procsim", "engine")
WASM = "kernel.wasm"


class Target(NamedTuple):
    """One kind of machine: zig's name for it, the library's file, the wheel's platform, the library's format and code.

    The code is the processor's number in that format: e_machine of ELF, cputype of Mach-O, Machine of PE.
    """

    zig: str
    library: str
    platform: str
    format: str
    processor: int


# By Python's own name of the platform. The library needs no libc, so the Linux wheels suit glibc and musl alike.
TARGETS = {
    "linux-x86_64": Target("x86_64-linux-none", "kernel.so", "manylinux_2_17_x86_64.musllinux_1_1_x86_64", "ELF", 0x3E),
    "linux-aarch64": Target(
        "aarch64-linux-none", "kernel.so", "manylinux_2_17_aarch64.musllinux_1_1_aarch64", "ELF", 0xB7
    ),
    "macosx-x86_64": Target("x86_64-macos.10.15", "kernel.dylib", "macosx_10_15_x86_64", "Mach-O", 0x01000007),
    "macosx-arm64": Target("aarch64-macos.11.0", "kernel.dylib", "macosx_11_0_arm64", "Mach-O", 0x0100000C),
    "win-amd64": Target("x86_64-windows-gnu", "kernel.dll", "win_amd64", "PE", 0x8664),
    "win-arm64": Target("aarch64-windows-gnu", "kernel.dll", "win_arm64", "PE", 0xAA64),
}
PRODUCTS = {target.library for target in TARGETS.values()} | {WASM}

# An explicit -mcpu: without it, zig may use whatever the building machine has. No libc, only the compiler's own memset
# and the like (-rtlib); a symbol left over, or a kernel without its entry point, stops the build.
COMMON = ["-O3", "-fomit-frame-pointer", "-std=c11", "-Wall", "-Wextra", "-Werror", "-mcpu=baseline"]
COMMON += ["-fvisibility=hidden", "-s", "-nostdlib", "-rtlib=compiler-rt", "-Wl,--no-entry"]
SHARED = ["-shared", "-fPIC", "-Wl,-z,defs"]
WEB = ["-target", "wasm32-freestanding", "-msimd128", "-Wl,--export=procsim_run", "-Wl,--export=procsim_check"]


class NotCompiled(Exception):
    """There is no kernel for the target; the text says why."""


def here() -> str:
    """Python's name of this platform, as in TARGETS; a universal Python on a Mac counts as what it runs on."""
    system, _, machine = sysconfig.get_platform().partition("-")
    if sys.maxsize < 2**32:
        return f"{system}, 32 bits"
    return f"{system}-{platform.machine() if system == 'macosx' else machine}"


def wanted() -> str:
    """The name of the target that PROCSIM_KERNEL asks for."""
    asked = os.environ.get("PROCSIM_KERNEL", "")
    if asked and asked not in ("required", *TARGETS):
        sys.exit(f"PROCSIM_KERNEL: no target {asked!r}. Known: required, {', '.join(TARGETS)}.")
    return asked if asked in TARGETS else here()


def compile_kernel(name: str, folder: Path) -> list[Path]:
    """The kernel as a library for the target and as WebAssembly, in the folder; raises NotCompiled."""
    if name not in TARGETS:
        raise NotCompiled(f"no target for {name}")
    target = TARGETS[name]
    _zig_cc(*SHARED, "-target", target.zig, "-o", target.library, folder=folder)
    _zig_cc(*WEB, "-o", WASM, folder=folder)
    return [folder / target.library, folder / WASM]


def _zig_cc(*options: str, folder: Path) -> None:
    """Runs in the folder, so that no path of this machine gets into a product, and caches nothing in HOME."""
    caches = {"ZIG_GLOBAL_CACHE_DIR": str(folder), "ZIG_LOCAL_CACHE_DIR": str(folder)} | os.environ
    command = [sys.executable, "-m", "ziglang", "cc", *COMMON, *options, str(ROOT / ENGINE / "kernel.c")]
    done = subprocess.run(command, cwd=folder, env=caches, capture_output=True, text=True)
    if done.returncode:
        raise NotCompiled(done.stderr.strip())


def compile_if_possible(folder: Path) -> list[Path]:
    """What was compiled for the target wanted; nothing, and a line on stderr, where a failure may pass."""
    name = wanted()
    try:
        return compile_kernel(name, folder)
    except NotCompiled as why:
        if os.environ.get("PROCSIM_KERNEL"):
            sys.exit(f"procsim/engine/kernel.c: not compiled for {name}: {why}")
        reason = str(why).partition("\n")[0]
        print(f"procsim: no fast engine ({reason}); it will run on the SimPy reference, slower.", file=sys.stderr)
        return []


def place(products: list[Path]) -> None:
    """Put the products beside the sources, each in one step so that a library in use stays whole, and no old ones."""
    for product in products:
        copy = shutil.copyfile(product, ROOT / ENGINE / f"{product.name}.new")
        copy.replace(ROOT / ENGINE / product.name)
    for name in PRODUCTS - {product.name for product in products}:
        (ROOT / ENGINE / name).unlink(missing_ok=True)


class KernelHook(BuildHookInterface[BuilderConfig]):
    """Puts the kernel into a wheel and names the platform; beside the sources for an editable install."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, and tell hatchling what is to be packed."""
        self.folder = TemporaryDirectory()
        products = compile_if_possible(Path(self.folder.name))
        if version == "editable":
            place(products)
        elif products:
            build_data["force_include"] |= {str(file): str(ENGINE / file.name) for file in products}
        if products:
            build_data["pure_python"] = False
            build_data["tag"] = f"py3-none-{TARGETS[wanted()].platform}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Forget what is packed by now."""
        self.folder.cleanup()


def machine(library: bytes) -> tuple[str, int]:
    """The format of a compiled file and the processor it is for, by its first bytes; ("", 0) if it is none.

    >>> machine(b"\\x7fELF" + bytes(14) + b"\\x3e\\x00")
    ('ELF', 62)
    """
    header = int.from_bytes(library[0x3C:0x40], "little")
    if library[:4] == b"\x7fELF":
        return "ELF", int.from_bytes(library[18:20], "little")
    if library[:4] == b"\xcf\xfa\xed\xfe":
        return "Mach-O", int.from_bytes(library[4:8], "little")
    if library[:2] == b"MZ" and library[header : header + 4] == b"PE\0\0":
        return "PE", int.from_bytes(library[header + 4 : header + 6], "little")
    return ("wasm", 0) if library[:8] == b"\0asm\1\0\0\0" else ("", 0)


def look_into(wheel: Path, target: Target) -> str:
    """One line about a wheel that holds the target's library and WebAssembly; ends the program if it does not."""
    with ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if Path(name).name in PRODUCTS]
        held = {Path(name).name: archive.read(name) for name in names}
    found = {name: machine(content) for name, content in held.items()}
    right = {target.library: (target.format, target.processor), WASM: ("wasm", 0)}
    if found != right or not wheel.name.endswith(f"-py3-none-{target.platform}.whl"):
        sys.exit(f"{wheel.name}: holds {found}, not {right} for {target.platform}")
    sizes = ", ".join(f"{name} {len(content):,} bytes" for name, content in held.items())
    return f"{wheel.name}: {target.format} {target.processor:#x}; {sizes}"


def wheels() -> None:
    """Build a wheel for every target into dist/, and print a line on each; ends the program at the first failure."""
    os.chdir(ROOT)
    for name, target in TARGETS.items():
        os.environ["PROCSIM_KERNEL"] = name
        print(look_into(ROOT / "dist" / build_wheel("dist"), target))


if __name__ == "__main__":
    if sys.argv[1:] == ["wheels"]:
        wheels()
    else:
        with TemporaryDirectory() as folder:
            place(compile_if_possible(Path(folder)))
