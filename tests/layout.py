#!/usr/bin/env python3
"""Compares the layout of every structure that include/km and mingw-w64's headers for drivers both have: size, alignment,
offset of each named field. clang prints both. A difference must be in the list of those that are meant, with a reason,
and everything in the list must differ."""

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

OURS = ["ntifs.h", "ntddstor.h", "ntdddisk.h", "ntddscsi.h", "ntddcdrm.h", "ntddvol.h", "ntddser.h"]


def layouts(clang, flags):
    """{structure: (size, alignment, {field: offset})} of all complete structures that have a name."""
    with tempfile.NamedTemporaryFile("w", suffix=".c") as source:
        source.write("".join(f"#include <{header}>\n" for header in OURS) + "int Nothing;\n")
        source.flush()
        run = subprocess.run([clang, "--target=x86_64-w64-mingw32", "-w", "-fms-extensions", *flags, "-fsyntax-only",
                              "-Xclang", "-fdump-record-layouts-complete", source.name], capture_output=True, text=True)
    if run.returncode != 0:
        sys.exit(f"clang failed:\n{run.stderr}")
    found = {}
    for record in run.stdout.split("*** Dumping AST Record Layout\n")[1:]:
        lines = record.strip("\n").split("\n")
        name = re.match(r"\s*0 \| (?:struct|union) (\w+)$", lines[0])
        if not name:
            continue
        fields = {}
        for line in lines[1:]:
            end = re.search(r"\[sizeof=(\d+), align=(\d+)", line)
            if end:
                found[name.group(1)] = (int(end.group(1)), int(end.group(2)), fields)
                break
            field = re.match(r"\s*(\d[\d:-]*) \|   (?! ).* (\w+)$", line)  # not of a structure inside
            if field:
                fields[field.group(2)] = field.group(1)
    return found


def differences(ours, theirs):
    for name in sorted(ours.keys() & theirs.keys()):
        size, alignment, fields = ours[name]
        their_size, their_alignment, their_fields = theirs[name]
        if (size, alignment) != (their_size, their_alignment):
            yield name, f"{name}: {size} bytes aligned to {alignment}, there {their_size} aligned to {their_alignment}"
        for field in fields.keys() & their_fields.keys():
            if fields[field] != their_fields[field]:
                yield name, f"{name}.{field}: at {fields[field]}, there at {their_fields[field]}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--include", required=True, help="include/km")
    parser.add_argument("--ddk", required=True, help="mingw-w64's folder of headers for drivers")
    parser.add_argument("--list", required=True, help="a line STRUCTURE REASON for each difference that is meant")
    parser.add_argument("--clang", default="clang")
    args = parser.parse_args()

    meant = {}
    for line in Path(args.list).read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            name, reason = line.split(None, 1)
            meant[name] = reason
    ours = layouts(args.clang, [f"-I{args.include}"])
    theirs = layouts(args.clang, ["-D_WIN32_WINNT=0x0A00", f"-I{args.ddk}"])
    wrong, seen = [], set()
    for name, text in differences(ours, theirs):
        seen.add(name)
        if name not in meant:
            wrong.append(text)
    wrong += [f"{args.list}: {name} does not differ" for name in sorted(meant.keys() - seen)]
    print("\n".join(wrong + [f"{len(ours.keys() & theirs.keys())} structures compared, {len(seen)} differ as listed"]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
