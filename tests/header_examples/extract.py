#!/usr/bin/env python3
"""Writes the examples in the public headers' comments as one C++ source, so that they compile.

    extract.py OUTPUT.cc HEADER...

An example is a block of comment lines that are indented by three columns or more, and of which one
ends in a semicolon or a brace; a table has no such line. Each becomes a function of its own, after
what DECLARATIONS says of its header. An example may return early with `return Show(...)`.
"""

import pathlib
import re
import sys

# What the examples of a header find there: more headers, parameters, and declarations.
# A header with examples has an entry, and no other header has one.
DECLARATIONS = {
    "backend_program.h": {
        "includes": ["namesake/openvino.h"],
        "parameters": "int argc, char** argv",
    },
    "config.h": {},
    "configured_host.h": {},
    "guest.h": {
        "parameters": "namesake::ConfiguredHost& configured_host, const namesake::Tenant& tenant",
    },
    "host.h": {},
    "log.h": {},
    "owner.h": {
        "includes": ["namesake/host.h"],
        "parameters": "namesake::Host& host, const namesake::Model& model, "
        "const std::shared_ptr<const namesake::Tenant>& acme",
        "body": "using namespace namesake;",
    },
    "places.h": {
        "parameters": "namesake::Config config, std::vector<std::filesystem::path> directories",
    },
    "worker.h": {"includes": ["namesake/host.h"]},
    "worker_status.h": {
        "includes": ["namesake/host.h"],
        "parameters": "const namesake::Host* host, void (*Show)(const std::string&, std::uint64_t)",
    },
}

INDENTED = re.compile(r"^\s*//(   .*)$")
CODE_LINE = re.compile(r"[;{}]$")


def examples(header):
    """Yields the line number and the lines of each example, without their comment marks."""
    block = []
    for number, line in enumerate(header.read_text().splitlines() + [""], 1):
        found = INDENTED.match(line)
        if found:
            block.append(found.group(1))
            continue
        if any(CODE_LINE.search(code) for code in block):
            yield number - len(block), block
        block = []


def main():
    output, *headers = (pathlib.Path(argument) for argument in sys.argv[1:])
    includes, functions, found, count = [], [], set(), 0
    for header in headers:
        for first, lines in examples(header):
            if header.name not in DECLARATIONS:
                sys.exit(f"{header}:{first}: an example without an entry in DECLARATIONS of {__file__}")
            found.add(header.name)
            given = DECLARATIONS[header.name]
            includes += [f"namesake/{header.name}", *given.get("includes", [])]
            count += 1
            functions += [
                f"void Example{count}({given.get('parameters', '')}) {{",
                given.get("body", ""),
                f'#line {first} "{header}"',
                *lines,
                "}",
            ]
    missing = DECLARATIONS.keys() - found
    if missing:
        sys.exit(f"no example in {', '.join(sorted(missing))}: remove its entry in {__file__}")
    text = ["// Written by tests/header_examples/extract.py."]
    text += [f'#include "{include}"' for include in dict.fromkeys(includes)]
    text += ["template <typename Anything> void Show(const Anything& shown);", *functions]
    output.write_text("\n".join(text) + "\n")


if __name__ == "__main__":
    main()
