"""Collects the licences of all code that an installation of Namesake holds in binary form.

collect_licenses.py OUT [--crate FOLDER --cargo CARGO] [--folder NAME=FOLDER …] [--debian PACKAGE …]

Writes OUT anew: a folder for each crate that the crate in FOLDER is linked from, for Rust's standard
library, for each NAME and for each Debian package, and README.txt, which lists them.
"""

import argparse
import json
import pathlib
import re
import shutil
import subprocess
import sys

LICENSE_FILE = re.compile(r"(licen[cs]e|copying|copyright|notice|unlicense)", re.IGNORECASE)


def linked_crates(crate, cargo):
    """The packages that end in the crate's library: not those that only build it."""
    command = [cargo, "metadata", "--locked", "--format-version", "1",
               "--filter-platform", "x86_64-unknown-linux-gnu"]
    metadata = json.loads(subprocess.run(command, cwd=crate, check=True, capture_output=True).stdout)
    packages = {package["id"]: package for package in metadata["packages"]}
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    root = metadata["resolve"]["root"]
    found, waiting = set(), [root]
    while waiting:
        current = waiting.pop()
        if current in found:
            continue
        found.add(current)
        for dependency in nodes[current]["deps"]:
            package = packages[dependency["pkg"]]
            is_macro = any("proc-macro" in target["kind"] for target in package["targets"])
            if not is_macro and any(kind["kind"] is None for kind in dependency["dep_kinds"]):
                waiting.append(dependency["pkg"])
    return sorted((packages[identity] for identity in found - {root}),
                  key=lambda package: (package["name"], package["version"]))


def license_files(folder):
    return sorted(path for path in folder.iterdir()
                  if path.is_file() and LICENSE_FILE.match(path.name))


def copy_files(files, target):
    target.mkdir(parents=True)
    for path in files:
        shutil.copyfile(path, target / path.name)


def collect_crates(crates, out):
    """Some packages hold no text: they get that of another one under the same licence, if it names
    no holder of its own, as the Apache licence's does not."""
    files = {crate["id"]: license_files(pathlib.Path(crate["manifest_path"]).parent)
             for crate in crates}
    lines = []
    for crate in crates:
        title = f"{crate['name']} {crate['version']}"
        texts = files[crate["id"]]
        if not texts and (crate["license"] or "").startswith("Apache-2.0"):
            texts = next((files[other["id"]] for other in crates
                          if other["license"] == crate["license"] and files[other["id"]]), [])
        if not texts:
            sys.exit(f"collect_licenses.py: the package of {title} ({crate['license']}) holds no "
                     "licence text; add one to the script")
        copy_files(texts, out / "rust" / f"{crate['name']}-{crate['version']}")
        lines.append(f"{title}: {crate['license']}")
    return lines


def rust_version_and_texts(cargo):
    rustc = pathlib.Path(cargo).with_name("rustc")
    rustc = str(rustc) if rustc.exists() else "rustc"
    run = lambda *arguments: subprocess.run([rustc, *arguments], check=True, capture_output=True,
                                            text=True).stdout.strip()
    documents = pathlib.Path(run("--print", "sysroot")) / "share/doc/rust"
    # COPYRIGHT-library.html is the standard library's; COPYRIGHT.html is the compiler's too.
    texts = [path for path in documents.rglob("*") if path.is_file() and
             (path.name == "COPYRIGHT-library.html" or path.parent.name == "licenses")]
    return run("--version").split()[1], texts


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--crate")
    parser.add_argument("--cargo", default="cargo")
    parser.add_argument("--folder", action="append", default=[])
    parser.add_argument("--debian", nargs="*", default=[])
    arguments = parser.parse_args()

    out = arguments.out
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    lines = []
    for entry in arguments.folder:
        name, _, folder = entry.partition("=")
        shutil.copytree(folder, out / name)
        lines.append(f"{name}: see {name}/")
    for package in arguments.debian:
        text = pathlib.Path("/usr/share/doc") / package / "copyright"
        if not text.is_file():
            print(f"collect_licenses.py: {text} is missing, and so the licence of {package}",
                  file=sys.stderr)
            lines.append(f"{package}: its headers are compiled in; see its own package")
            continue
        copy_files([text], out / package)
        lines.append(f"{package} (headers): see {package}/copyright")
    if arguments.crate:
        version, texts = rust_version_and_texts(arguments.cargo)
        copy_files(texts, out / "rust" / "std")
        lines.append(f"Rust's standard library {version}: MIT OR Apache-2.0")
        lines += collect_crates(linked_crates(arguments.crate, arguments.cargo), out)
    (out / "README.txt").write_text(
        "What the binaries of Namesake are made of or come with, besides its own code.\n"
        "Rust's packages are in rust/NAME-VERSION/.\n\n" + "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
