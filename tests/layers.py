#!/usr/bin/env python3
"""Holds the library against its layers, see docs/architecture.md: a file uses its own layer and those below it. Looks at
every #include of emu/ and at every symbol that an object needs and another one has. Also checks that an exported routine
lies in the folder of its prefix, that the prefix of every other function is its folder's, and that the table of arrows
in docs/architecture.md is what was measured (--write puts it there).
"""
import argparse
import pathlib
import posixpath
import re
import subprocess
import sys

LAYERS = ["host", "core", "mem", "watch", "nt", "ldr", "test", "tool"]  # the lowest first

# Exported routines: what their names begin with, and the folders that they may lie in. Microsoft keeps the routines of
# sequenced lists with the executive, and a system service (Nt, Zw) with the component that it is about.
EXPORTED = [
    (r"Ex[A-Z]|ExpInterlocked|InitializeSListHead|FirstEntrySList|Interlocked\w+SList", ["nt/ex"]),
    (r"FsRtl[A-Z]", ["nt/fsrtl"]),
    (r"Io[A-Z]", ["nt/io"]),
    (r"K[ef][A-Z]", ["nt/ke"]),
    (r"Mm[A-Z]", ["nt/mm"]),
    (r"Ps[A-Z]", ["nt/ps"]),
    (r"Rtl[A-Z]|Wdmlib|VerSetConditionMask|v?Dbg[A-Z]", ["nt/rtl"]),
    (r"(Nt|Zw)[A-Z]", ["nt/"]),
    (r"Emu_", ["nt/crt"]),  # the C library's, under symbols of their own
    (r"Emu[A-Z]", ["core", "mem", "watch", "nt/", "ldr", "test"]),  # poolemu.h
]

# All other functions.
INTERNAL = [
    (r"Host[A-Z]", ["host"]),
    (r"Ki[A-Z]", ["core", "nt/ke"]),
    (r"Mi[A-Z]", ["mem", "nt/mm"]),
    (r"Vf[A-Z]", ["watch"]),
    (r"Exp[A-Z]", ["nt/ex"]),
    (r"Iop[A-Z]", ["nt/io"]),
    (r"Psp[A-Z]", ["nt/ps"]),
    (r"Rtlp[A-Z]", ["nt/rtl"]),
    (r"Crtp[A-Z]", ["nt/crt"]),
    (r"Ldrp?[A-Z]", ["ldr"]),
    (r"Emup?[A-Z]", ["test", "nt/", "core"]),
]


def layer_of(file):
    return LAYERS.index(file.split("/")[0])


def read_object(readelf, path):
    """The symbols that an object has for others, those that it needs, its exported functions, and all its functions."""
    has, needs, exported, functions = set(), set(), set(), set()
    output = subprocess.run([readelf, "-sW", path], check=True, capture_output=True, text=True).stdout
    for line in output.splitlines():
        fields = line.split()
        if len(fields) < 8 or not fields[0].rstrip(":").isdigit():
            continue
        kind, binding, visibility, section, name = fields[3], fields[4], fields[5], fields[6], fields[7]
        if section == "UND":
            needs.add(name)
        elif binding == "GLOBAL":
            has.add(name)
        if kind == "FUNC" and section != "UND":
            functions.add(name)
            if binding == "GLOBAL" and visibility == "DEFAULT":
                exported.add(name)
    return has, needs, exported, functions


def check_folder(file, name, table, what):
    for prefix, folders in table:
        if re.match(prefix, name):
            if any((file + "/").startswith(folder.rstrip("/") + "/") for folder in folders):
                return []
            return [f"emu/{file}: {what} {name} belongs into {' or '.join(folders)}"]
    return [f"emu/{file}: {what} {name} begins with no prefix of this project"]


def defined_in(source):
    """The names of the functions that a source file defines itself, and some more."""
    lines = re.findall(r"^[A-Za-z].*\(.*$", source, re.M)
    return {name for line in lines for name in re.findall(r"\b(\w+)\(", line)}


def check_objects(readelf, emu, paths):
    objects = {}
    for path in paths:
        found = re.search(r"poolemu_objects\.dir/(.+)\.c\.o(bj)?$", path)
        if found:
            objects[posixpath.normpath(found.group(1) + ".c")] = read_object(readelf, path)
    if not objects:
        sys.exit("no object of the library is among the arguments")
    home = {name: file for file, (has, _, _, _) in objects.items() for name in has}
    errors = []
    for file, (_, needs, exported, functions) in sorted(objects.items()):
        own = defined_in((emu / file).read_text(encoding="utf-8"))
        for name in sorted(needs):
            if name in home and layer_of(home[name]) > layer_of(file):
                errors.append(f"emu/{file} uses {name} of the higher emu/{home[name]}")
        for name in sorted(functions):
            if name in exported:
                errors += check_folder(file, name, EXPORTED, "the exported routine")
            elif re.match(r"[A-Z]\w+$", name) and name in own:  # not a compiler's own, nor one of a header
                errors += check_folder(file, name, INTERNAL, "the function")
    return len(objects), errors


def check_includes(emu):
    """Errors, and how many #include lead from each layer to each other."""
    errors, arrows = [], {}
    for path in sorted(emu.rglob("*.[ch]")):
        file = path.relative_to(emu).as_posix()
        for target in re.findall(r'^#include "([^"]+)"', path.read_text(encoding="utf-8"), re.M):
            if not (emu / target).exists():
                target = (path.parent / target).relative_to(emu).as_posix()
                if not (emu / target).exists():
                    continue  # a header of include/
            if layer_of(target) > layer_of(file):
                errors.append(f"emu/{file} includes the higher emu/{target}")
            arrow = (file.split("/")[0], target.split("/")[0])
            arrows[arrow] = arrows.get(arrow, 0) + 1
    return errors, arrows


def draw(arrows):
    present = [layer for layer in LAYERS if any(layer in arrow for arrow in arrows)]
    lines = ["| #include from \\ of | " + " | ".join(present) + " |", "|---|" + "---|" * len(present)]
    for layer in present:
        cells = [str(arrows.get((layer, other), "")) for other in present]
        lines.append(f"| **{layer}** | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--emu", type=pathlib.Path, required=True, help="the folder emu/")
    parser.add_argument("--page", type=pathlib.Path, help="docs/architecture.md")
    parser.add_argument("--write", action="store_true", help="write the table of arrows into the page")
    parser.add_argument("--readelf", default="readelf")
    parser.add_argument("objects", nargs="*", help="the object files of the library")
    options = parser.parse_args()

    errors, arrows = check_includes(options.emu)
    table = draw(arrows)
    if options.page:
        text = options.page.read_text(encoding="utf-8")
        place = re.compile(r"(<!-- layers -->\n).*?(<!-- /layers -->)", re.S)
        if not place.search(text):
            sys.exit(f"{options.page}: there is no <!-- layers --> ... <!-- /layers -->")
        wanted = place.sub(lambda found: found.group(1) + table + "\n" + found.group(2), text)
        if options.write:
            options.page.write_text(wanted, encoding="utf-8")
        elif wanted != text:
            errors.append(f"{options.page}: the table of arrows is not what was measured; `tests/layers.py --emu emu "
                          "--page docs/architecture.md --write` writes it")
    count = 0
    if options.objects:
        count, found = check_objects(options.readelf, options.emu, options.objects)
        errors += found
    print(table)
    for error in errors:
        print(error, file=sys.stderr)
    print(f"{count} objects, {sum(arrows.values())} includes, {len(errors)} errors")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
