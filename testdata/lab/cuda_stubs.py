"""Lets the torch wheel from PyPI work on a machine without CUDA libraries.

The wheel is linked against some three gigabytes of CUDA libraries that a
training on the CPU never calls. This script puts a small library in the place
of each: every function in it returns 100, CUDA's code for "no device".

    python cuda_stubs.py      (with the Python that torch is installed in)
"""

import re
import subprocess
import sysconfig
import tempfile
from pathlib import Path

NO_DEVICE = 100
CUDA_LIBRARY = re.compile(r"lib(cu|nv|nccl)[^/]*\.so")
# Which library a function lives in is told by its name; the first match counts.
OWNERS = [
    ("cublasLt", "libcublasLt"),
    ("cublas", "libcublas."),
    ("cudnn", "libcudnn"),
    ("cufft", "libcufft"),
    ("cuFile", "libcufile"),
    ("cupti", "libcupti"),
    ("curand", "libcurand"),
    ("cusolver", "libcusolver"),
    ("cusparseLt", "libcusparseLt"),
    ("cusparse", "libcusparse."),
    ("nccl", "libnccl"),
    ("nvrtc", "libnvrtc"),
    ("nvJitLink", "libnvJitLink"),
    ("cuda", "libcudart"),
    ("__cuda", "libcudart"),
    ("nvml", "libnvidia-ml"),
    ("cu", "libcuda."),
]


def objdump(option: str, library: Path) -> list[str]:
    """Runs objdump on a library and returns its lines."""
    done = subprocess.run(["objdump", option, library], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def needed_libraries(library: Path) -> set[str]:
    """The CUDA libraries that a library asks the loader for."""
    names = {line.split()[-1] for line in objdump("-p", library) if line.strip().startswith("NEEDED")}
    return {name for name in names if CUDA_LIBRARY.match(name)}


def symbols(library: Path) -> tuple[dict[str, str], set[str]]:
    """The functions a library misses, with their symbol version, and those it has."""
    missing, present = {}, set()
    for line in objdump("-T", library):
        fields = line.split()
        if "*UND*" in fields:
            version = re.search(r"\(([^)]+)\)", line)
            missing[fields[-1]] = version[1] if version else ""
        elif len(fields) > 3:
            present.add(fields[-1])
    return missing, present


def build_stub(path: Path, functions: dict[str, str]) -> None:
    """Compiles a library with the given functions (name -> symbol version, "" for none)."""
    source = "".join(f"int {name}(void) {{ return {NO_DEVICE}; }}\n" for name in sorted(functions))
    versions = ""
    for version in sorted(set(functions.values()) - {""}):
        names = "; ".join(sorted(name for name, v in functions.items() if v == version))
        versions += f"{version} {{ global: {names}; }};\n"
    with tempfile.TemporaryDirectory() as folder:
        code, script = Path(folder, "stub.c"), Path(folder, "stub.map")
        code.write_text(source or "int rollcall_empty_stub;\n")
        script.write_text(versions)
        command = ["gcc", "-shared", "-fPIC", "-w", "-fno-builtin", code, "-o", path, f"-Wl,-soname,{path.name}"]
        subprocess.run(command + ([f"-Wl,--version-script={script}"] if versions else []), check=True)


def main() -> None:
    """Builds every stub that the installed torch needs, beside torch's own libraries."""
    torch = Path(sysconfig.get_paths()["purelib"], "torch")
    needed, missing, present = set(), {}, set()
    for library in sorted([*torch.glob("lib/*.so"), *torch.glob("_C*.so")]):
        if CUDA_LIBRARY.match(library.name):
            continue
        needed |= needed_libraries(library)
        lacks, has = symbols(library)
        missing |= lacks
        present |= has
    stubs: dict[str, dict[str, str]] = {name: {} for name in needed}
    for name, version in missing.items():
        prefix = next((owner for start, owner in OWNERS if name.startswith(start)), None)
        library = next((n for n in sorted(needed) if prefix and n.startswith(prefix)), None)
        if library and name not in present:
            stubs[library][name] = version
    for name, functions in sorted(stubs.items()):
        build_stub(torch / "lib" / name, functions)
    print(f"built {len(stubs)} CUDA stubs with {sum(map(len, stubs.values()))} functions")


if __name__ == "__main__":
    main()
