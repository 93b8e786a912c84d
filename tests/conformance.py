#!/usr/bin/env python3
"""Holds docs/conformance.md against the tests: every test that the table names exists, ran and passed; every test of a
suite that it names is in it; no row is incomplete or there twice. Reads the results that the suites have just written.
"""
import argparse
import json
import pathlib
import re
import sys

from table import Problems, cells_of

HEADER = ["Rule", "Page", "Windows", "Tests"]
# `suite::test`, and behind it the processor where it exists if that is not every one.
REFERENCE = re.compile(r"`(\w+)::(\w+)`(?: \((x64|AArch64|x86)\))?")
# What is no Criterion suite: one file each, which CTest runs as a test of its own.
FILES = {"compile": ("compile", (".c", ".cpp")), "threads": ("threads", (".c",))}


def check_page(page):
    if page.startswith("our choice"):
        reason = re.fullmatch(r"our choice: (.+)", page)
        return None if reason else 'a choice needs its reason: "our choice: REASON"'
    return None


def read_table(path, processor, problems):
    """Returns {(suite, test): place of its first row} and {(suite, test): place} of those on other processors."""
    named, elsewhere, rules = {}, {}, {}
    in_table = False
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        place = f"{path}:{number}"
        if not line.startswith("|"):
            in_table = False
            continue
        cells = cells_of(line)
        if not in_table:
            in_table = True
            if cells != HEADER:
                problems.add(place, f"a table begins with | {' | '.join(HEADER)} |")
            continue
        if all(re.fullmatch(r":?-+:?", cell) for cell in cells):
            continue
        if len(cells) != len(HEADER) or not all(cells):
            problems.add(place, f"a row has {len(HEADER)} columns ({', '.join(HEADER)}), none of them empty")
            continue
        rule, page, _, tests = cells
        if rule in rules:
            problems.add(place, f"this rule stands in line {rules[rule]}, too")
        rules[rule] = number
        trouble = check_page(page)
        if trouble:
            problems.add(place, trouble)
        if REFERENCE.sub("", tests).strip(", "):
            problems.add(place, f"cannot read the tests; `suite::test`, with commas between them: {tests}")
        seen = set()
        for suite, test, only in REFERENCE.findall(tests):
            if (suite, test) in seen:
                problems.add(place, f"{suite}::{test} is named twice in this row")
            seen.add((suite, test))
            target = named if only in ("", processor) else elsewhere
            target.setdefault((suite, test), place)
    print(f"{path}: {len(rules)} rules, {len(named)} tests", file=sys.stderr)
    return named, elsewhere


def source_of(suite, args):
    """The suite's file. A file NAME.c may have more than one suite: NAME, NAME_one, NAME_other."""
    words = suite.split("_")
    stems = ("_".join(words[:count]) for count in range(len(words), 0, -1))
    return next((path for path in (args.tests / f"{stem}.c" for stem in stems) if path.exists()), None)


def read_results(suite, args, place, problems):
    """Returns {test: status} of that suite, or None when there is no result to trust."""
    source = source_of(suite, args)
    if source is None:
        problems.add(place, f"there is no suite {suite}: no file {args.tests / suite}.c")
        return None
    result = args.results / f"{source.stem}.json"
    binary = args.binaries / f"test_{source.stem}"
    if not result.exists():
        problems.add(place, f"the suite {suite} has not run: no file {result}")
        return None
    if not binary.exists() or result.stat().st_mtime < binary.stat().st_mtime:
        problems.add(place, f"the suite {suite} has not run since it was built: {result} is older than {binary}")
        return None
    try:
        suites = json.loads(result.read_text(encoding="utf-8"))["test_suites"]
        return {test["name"]: test["status"] for one in suites if one["name"] == suite for test in one["tests"]}
    except (ValueError, KeyError) as error:
        problems.add(result, f"not what Criterion writes with --json: {error!r}; run the suite again")
        return None


def check_suite(suite, named, elsewhere, args, problems):
    wanted = {test: place for (its_suite, test), place in named.items() if its_suite == suite}
    place = next(iter(wanted.values()))
    if suite in FILES:
        folder, endings = FILES[suite]
        for test, where in wanted.items():
            if not any((args.tests / folder / (test + ending)).exists() for ending in endings):
                problems.add(where, f"there is no {args.tests / folder / test}.c")
        return
    results = read_results(suite, args, place, problems)
    if results is None:
        return
    for test, where in wanted.items():
        status = results.get(test)
        if status is None:
            problems.add(where, f"there is no test {suite}::{test}")
        elif status != "PASSED":
            problems.add(where, f"{suite}::{test} did not pass: {status}")
    source = source_of(suite, args)
    for test in sorted(set(results) - set(wanted)):
        if (suite, test) in elsewhere:
            problems.add(elsewhere[suite, test], f"{suite}::{test} is said to be for another processor, and ran here")
        else:
            problems.add(line_of(source, test), f"{suite}::{test} is in no row of {args.table}")


def line_of(source, test):
    for number, line in enumerate(source.read_text(encoding="utf-8").splitlines(), 1):
        if re.search(rf"\b{test}\b", line):
            return f"{source}:{number}"
    return source


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", type=pathlib.Path, required=True, help="docs/conformance.md")
    parser.add_argument("--tests", type=pathlib.Path, required=True, help="the folder of the suites' sources")
    parser.add_argument("--results", type=pathlib.Path, required=True, help="where the suites wrote SUITE.json")
    parser.add_argument("--binaries", type=pathlib.Path, required=True, help="where the programs test_SUITE are")
    parser.add_argument("--processor", choices=("x64", "AArch64"), required=True)
    args = parser.parse_args()

    problems = Problems()
    named, elsewhere = read_table(args.table, args.processor, problems)
    for (suite, test), place in elsewhere.items():
        source = source_of(suite, args)
        if source is None or line_of(source, test) == source:
            problems.add(place, f"there is no test {suite}::{test} in {args.tests}")
    for suite in sorted({suite for suite, _ in named}):
        check_suite(suite, named, elsewhere, args, problems)
    if problems.count:
        sys.exit(f"{args.table}: {problems.count} problem{'s' if problems.count > 1 else ''}")


main()
