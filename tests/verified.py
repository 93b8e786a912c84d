#!/usr/bin/env python3
"""Runs a suite under `verifier standard` and holds what fails against tests/verified.txt: a test fails there exactly when
the list says so. So no correct test is left out, and no line outlives its reason.
"""
import argparse
import os
import pathlib
import re
import subprocess
import sys

# "ok - suite::test  (0.01s)" or "not ok - suite::test  unexpected signal after …"
RESULT = re.compile(r"(not )?ok - (\w+)::(\w+)\b")


def read_list(path, tests, suite, config):
    """Returns {test: line number} of the suite, by the name of its file."""
    expected = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("#") or not line.strip():
            continue
        match = re.fullmatch(r"(\w+)/(\w+)( in Debug)?: (\S.*)", line)
        if not match:
            sys.exit(f"{path}:{number}: a line is SUITE/TEST: REASON or SUITE/TEST in Debug: REASON, not {line!r}")
        if not (tests / f"{match[1]}.c").exists():
            sys.exit(f"{path}:{number}: there is no suite {match[1]}: no file {tests / match[1]}.c")
        if match[1] == suite and (match[3] is None or config == "Debug"):
            if match[2] in expected:
                sys.exit(f"{path}:{number}: {suite}/{match[2]} stands in line {expected[match[2]]}, too")
            expected[match[2]] = number
    return expected


def run(suite, program):
    """Returns ({test: whether it passed}, what the program wrote)."""
    tap = pathlib.Path(f"{suite}.tap")
    tap.unlink(missing_ok=True)
    environment = dict(os.environ, POOLEMU_VERIFIER="standard")
    ran = subprocess.run([program, f"--tap={tap}"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                         text=True, errors="replace")
    if ran.returncode not in (0, 1) or not tap.exists():
        sys.exit(f"{ran.stdout}\n{program} ended with {ran.returncode}, and not as a suite does")
    lines = tap.read_text(encoding="utf-8", errors="replace").splitlines()
    return {match[3]: match[1] is None for match in map(RESULT.match, lines) if match}, ran.stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--list", type=pathlib.Path, required=True, help="tests/verified.txt")
    parser.add_argument("--tests", type=pathlib.Path, required=True, help="the folder of the suites' sources")
    parser.add_argument("--suite", required=True)
    parser.add_argument("--program", required=True)
    parser.add_argument("--config", required=True, help="how the suite was built: Debug fills blocks")
    args = parser.parse_args()

    expected = read_list(args.list, args.tests, args.suite, args.config)
    results, output = run(args.suite, args.program)
    problems = []
    for test, passed in results.items():
        if not passed and test not in expected:
            problems.append(f"{args.suite}/{test} fails under verifier standard, and {args.list} does not know why")
        if passed and test in expected:
            problems.append(f"{args.list}:{expected[test]}: {args.suite}/{test} passes; the line has to go")
    for test in expected.keys() - results.keys():
        problems.append(f"{args.list}:{expected[test]}: there is no test {args.suite}/{test}")
    if problems:
        sys.exit(output + "\n" + "\n".join(problems))
    print(f"{args.suite}: {len(results) - len(expected)} tests pass, {len(expected)} fail as they should")


main()
