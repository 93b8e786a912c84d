#!/usr/bin/env python3
"""Holds what names the options of Driver Verifier by their words against the table in emu/watch/verifier.c: poolemu.h, the help of the
command (from which the man page is written), docs/verifier.md with the bits, and the dictionary of the fuzzer.
"""
import argparse
import pathlib
import re
import sys

from table import Problems, cells_of


def read(root, path):
    return (root / path).read_text(encoding="utf-8")


def table_of(root):
    """The bits of each word."""
    bits = {name: int(value, 16) for name, value in
            re.findall(r"\b(EMU_VERIFIER_\w+) = (0x[0-9A-F]+),", read(root, "include/poolemu/poolemu.h"))}
    rows = re.findall(r'^    \{"(\w+)", (EMU_VERIFIER_\w+)\},$', read(root, "emu/watch/verifier.c"), re.M)
    return {word: bits[name] for word, name in rows}


def words_of_header(root):
    listed = re.search(r"words separated by commas \(([^)]*)\)", read(root, "include/poolemu/poolemu.h"))[1]
    return re.findall(r"\w+", listed)


def words_of_option(root):
    text = re.sub(r'"\s*"', "", read(root, "emu/core/option.c"))
    return re.findall(r"\w+", re.search(r'Wants = "words out of (.*?), separated by commas', text)[1])


def words_of_help(root):
    text = re.sub(r'\\n"\s*"', " ", read(root, "emu/tool/poolemu.c"))
    listed = re.search(r"with Driver Verifier: (.*?); or the bits", text)[1].replace("or words separated by commas", "")
    return re.findall(r"\w+", listed)


def bits_of_page(root):
    found = {}
    for line in read(root, "docs/verifier.md").partition("| Word | Bit |")[2].partition("\n\n")[0].splitlines()[2:]:
        words, bits = cells_of(line)[:2]
        found.update(zip(re.findall(r"`(\w+)`", words), (int(bit, 16) for bit in bits.split(", ")), strict=True))
    return found


def words_of_dictionary(root):
    return re.findall(r'^"([a-z]{2,})"$', read(root, "fuzz/verifier.dict"), re.M)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=pathlib.Path, required=True, help="poolemu's sources")
    root = parser.parse_args().root

    problems = Problems()
    table = table_of(root)
    if not table:
        problems.add("emu/watch/verifier.c", "no table of words was found")
    for path, words in (("include/poolemu/poolemu.h", words_of_header(root)), ("emu/tool/poolemu.c", words_of_help(root)),
                        ("emu/core/option.c", words_of_option(root)), ("docs/verifier.md", bits_of_page(root)), ("fuzz/verifier.dict", words_of_dictionary(root))):
        if sorted(words) != sorted(table):
            problems.add(path, f"has {sorted(words)}, but the table in emu/watch/verifier.c has {sorted(table)}")
    for word, bit in bits_of_page(root).items():
        if table.get(word) != bit:
            problems.add("docs/verifier.md", f"says {bit:#x} of {word}, and the table {table.get(word, 0):#x}")
    print(f"{len(table)} words, {problems.count} problems")
    sys.exit(problems.count != 0)


main()
