#!/usr/bin/env python3
"""Breaks the rules' implementation, one line at a time (tests/mutants.txt), and runs the suites that have to notice. Works on
a copy of the checkout in build/mutation. Fails when a mutant survives that is not explained, or fewer than 95 % are killed.
"""
import argparse
import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import sys
import time

LEAST_MUTANTS = 60
LEAST_KILLED = 0.95
SECONDS = 100  # for a build, for the run of a suite
ROOT = pathlib.Path(__file__).resolve().parent.parent
WORK = ROOT / "build" / "mutation"


class Mutant:
    def __init__(self, place, file, rule):
        self.place, self.file, self.rule = place, file, rule
        self.suites, self.old, self.new = [], [], []
        self.compile, self.survives = None, None


def read_mutants(path):
    mutants, file = [], None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        place = f"{path.relative_to(ROOT)}:{number}"
        word, _, rest = line.partition(" ")
        if not line or line.startswith("#"):
            continue
        if word == "@":
            file = rest
        elif word == "rule" and file:
            mutants.append(Mutant(place, file, rest))
        elif not mutants:
            sys.exit(f"{place}: '@ FILE' and 'rule RULE' come first")
        elif word == "suites":
            mutants[-1].suites = rest.split()
        elif word == "-":
            mutants[-1].old.append(rest)
        elif word == "+":
            mutants[-1].new.append(rest)
        elif word == "compile" and rest:
            mutants[-1].compile = rest
        elif word == "survives" and rest:
            mutants[-1].survives = rest
        else:
            sys.exit(f"{place}: cannot read '{line}'; the head of the file says what a line may be")
    return mutants


def pattern_of(mutant):
    return re.compile(r"\s*\n\s*".join(re.escape(line.strip()) for line in mutant.old))


def check_mutants(mutants):
    """Everything that makes a mutant worthless is an error before the first one is built."""
    errors = []
    for mutant in mutants:
        source = ROOT / mutant.file
        if not mutant.suites or not mutant.old:
            errors.append(f"{mutant.place}: needs suites and an original text")
            continue
        for suite in mutant.suites:
            if not (ROOT / "tests" / f"{suite}.c").exists():
                errors.append(f"{mutant.place}: there is no suite {suite}")
        if not source.exists():
            errors.append(f"{mutant.place}: there is no file {mutant.file}")
            continue
        found = len(pattern_of(mutant).findall(source.read_text(encoding="utf-8")))
        if found != 1:
            what = "is not there any more: adapt the mutant to the new code" if found == 0 else f"stands there {found} times"
            errors.append(f"{mutant.place}: {mutant.file}: the original text {what}: {' '.join(mutant.old)}")
    if errors:
        sys.exit("\n".join(errors))


def run(command, seconds):
    """Returns (exit code or None when the time was over, output). Whatever the command started ends with it."""
    process = subprocess.Popen(command, cwd=WORK, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, start_new_session=True)
    try:
        output, _ = process.communicate(timeout=seconds)
        return process.returncode, output.decode(errors="replace")
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, _ = process.communicate()
        return None, output.decode(errors="replace")


def copy_checkout():
    """The files that git knows or would add, with the times that they have: what has not changed is not built again."""
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT,
                            check=True, capture_output=True).stdout.decode()
    wanted = {name for name in listed.split("\0") if name and (ROOT / name).is_file()}
    source = WORK / "source"
    for old in [path for path in source.rglob("*") if path.is_file()]:
        if str(old.relative_to(source)) not in wanted:
            old.unlink()
    for name in wanted:
        target = source / name
        data = (ROOT / name).read_bytes()
        if not target.exists() or target.read_bytes() != data:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
            shutil.copymode(ROOT / name, target)


def build(suites):
    return run(["ninja", "-C", "build", *(f"test_{suite}" for suite in suites)], SECONDS * 6)


def failing_suite(suites):
    for suite in suites:
        code, output = run([f"build/tests/test_{suite}", "--fail-fast", "--timeout", "60"], SECONDS)
        if code != 0:
            return suite, "takes too long" if code is None else first_failure(output)
    return None, None


def first_failure(output):
    failed = re.search(r"\[(?:FAIL|ERR )\] (\w+::\w+)", output) or re.search(r"(\w+::\w+): CRASH!", output)
    return failed.group(1) if failed else "crashes"


def try_mutant(mutant):
    """Returns (killed, how). The copy is as before afterwards."""
    target = WORK / "source" / mutant.file
    original = target.read_text(encoding="utf-8")
    target.write_text(pattern_of(mutant).sub(lambda _: "\n".join(mutant.new), original), encoding="utf-8")
    try:
        code, output = build(mutant.suites)
        if code != 0:
            errors = [line for line in output.splitlines() if "error:" in line] or ["it takes too long"]
            if mutant.compile and any(mutant.compile in error for error in errors):
                return True, "the compiler"
            sys.exit(f"{mutant.place}: the mutant does not build: {errors[0]}\n"
                     "Mend it, or say 'compile' with the compiler's words when it must not.")
        suite, how = failing_suite(mutant.suites)
        return suite is not None, how
    finally:
        target.write_text(original, encoding="utf-8")


def prepare(mutants):
    (WORK / "source").mkdir(parents=True, exist_ok=True)
    copy_checkout()
    code, output = run(["cmake", "-S", "source", "-B", "build", "-G", "Ninja", "-DCMAKE_C_COMPILER=gcc",
                        "-DCMAKE_BUILD_TYPE=", "-DCMAKE_C_FLAGS=-O1 -g", "-DPOOLEMU_BENCH=OFF"], SECONDS)
    if code != 0:
        sys.exit(output + "\nThe copy of the checkout cannot be configured.")
    suites = sorted({suite for mutant in mutants for suite in mutant.suites})
    code, output = build(suites)
    if code != 0:
        sys.exit(output + "\nThe unchanged code does not build.")
    suite, how = failing_suite(suites)
    if suite:
        sys.exit(f"The suite {suite} fails on the unchanged code ({how}): nothing can be told from mutants.")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", metavar="TEXT", help="the mutants whose rule or file contains TEXT")
    parser.add_argument("--check", action="store_true", help="only see whether every original text is still there")
    args = parser.parse_args()

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    mutants = read_mutants(ROOT / "tests" / "mutants.txt")
    if len(mutants) < LEAST_MUTANTS:
        sys.exit(f"{len(mutants)} mutants are too few: at least {LEAST_MUTANTS}")
    check_mutants(mutants)
    if args.check:
        print(f"{len(mutants)} mutants fit the code")
        return
    chosen = [one for one in mutants if not args.only or args.only in one.rule or args.only in one.file]
    if not chosen:
        sys.exit(f"no mutant has '{args.only}' in its rule or file")

    prepare(chosen)
    killed, unexplained, start = 0, 0, time.monotonic()
    for number, mutant in enumerate(chosen, 1):
        dead, how = try_mutant(mutant)
        killed += dead
        state = "killed" if dead else "survived"
        why = f"by {how}" if dead else mutant.survives or "NOT EXPLAINED"
        if dead and mutant.survives:
            why += "; it is said to survive: take that line out"
        unexplained += bool(dead) == bool(mutant.survives)
        print(f"{number:3}/{len(chosen)} {state:8} {mutant.file}: {mutant.rule} ({why})", flush=True)
    share = killed / len(chosen)
    print(f"{killed} of {len(chosen)} mutants killed ({share:.1%}) in {time.monotonic() - start:.0f} s; "
          f"{len(chosen) - killed} survived; explanations missing or wrong: {unexplained}")
    if unexplained or (share < LEAST_KILLED and not args.only):
        sys.exit(1)


main()
