#!/usr/bin/env python3
"""Holds the matrix of planted driver bugs in docs/verifier.md against what happens: makes each mistake of a column, in a
process of its own, and compares what ends that process with the cell. Every mistake has a row, and every row a mistake.
"""
import argparse
import concurrent.futures
import os
import pathlib
import re
import signal
import subprocess
import sys

from table import Problems, cells_of

HEADER = ["Bug", "What the driver does", "Plain", "`standard`", "One more option", "ASan", "Valgrind"]
HEADER_OF_X86 = ["Bug on x86", *HEADER[1:]]  # what is otherwise there
COLUMNS = {"plain": 2, "standard": 3, "more": 4, "asan": 5, "valgrind": 6}
MORE_OPTIONS = ("codeintegrity", "systematic")
NOT_NOTICED = "-"

STOP = re.compile(r"^\*\*\* STOP: (0x[0-9A-F]+) \((0x[0-9A-F]+),(0x[0-9A-F]+),(0x[0-9A-F]+),(0x[0-9A-F]+)\)$", re.M)
ASAN = re.compile(r"ERROR: (?:Address|Leak)Sanitizer: ([\w-]+)")
ASAN_ACCESS = re.compile(r"^(?:==\d+==The signal is caused by a )?(READ|WRITE) (?:of size|memory access)", re.M)
VALGRIND = re.compile(r"^==\d+== +(Invalid read|Invalid write|Invalid free|Conditional jump or move depends on uninit"
                      r"ialised|Use of uninitialised|Syscall param)", re.M)
VALGRIND_WORDS = {"Conditional jump or move depends on uninitialised": "uninitialised",
                  "Use of uninitialised": "uninitialised", "Syscall param": "uninitialised"}
VALGRIND_STATUS = 99
CHILD_END = re.compile(r"^--- (\w+) ended with (-?\d+)\n", re.M)
SKIPPED_STATUS = 77

# A stop in a cell: the code and as many parameters as are always the same, * for one that is not.
STOP_CELL = re.compile(r"0x[0-9A-F]+(?: \((?:\*|0x[0-9A-F]+|\d+)(?:, (?:\*|0x[0-9A-F]+|\d+))*\))?")
OTHER_CELLS = {
    "plain": re.compile(r"-|SIG[A-Z]+"),
    "standard": re.compile(r"-|SIG[A-Z]+"),
    "asan": re.compile(r"-|[a-zA-Z]+(?:-[a-z]+)*(?: read| write)?"),
    "valgrind": re.compile(r"-|SIG[A-Z]+|invalid (?:read|write|free)|uninitialised"),
}


# ---- The table --------------------------------------------------------------------------------------------------------


def plain_text(cell):
    return cell.replace("`", "").replace("\\*", "*")


def read_table(path, header, problems):
    """Returns {bug: (place, cells)} of the table that begins with that header."""
    rows, in_table = {}, False
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        place = f"{path}:{number}"
        if not line.startswith("|"):
            in_table = False
            continue
        cells = cells_of(line)
        if cells == header:
            in_table = True
        elif in_table and not all(re.fullmatch(r":?-+:?", cell) for cell in cells):
            bug = plain_text(cells[0])
            if len(cells) != len(header):
                problems.add(place, f"a row has {len(header)} columns: {', '.join(header)}")
            elif bug in rows:
                problems.add(place, f"{bug} has a row already: {rows[bug][0]}")
            else:
                rows[bug] = (place, [plain_text(cell) for cell in cells])
    if not rows:
        problems.add(path, f"there is no table that begins with | {' | '.join(header)} |")
    return rows


def read_rows(args, problems):
    rows = read_table(args.table, HEADER, problems)
    if args.bits == 32:
        for bug, row in read_table(args.table, HEADER_OF_X86, problems).items():
            if bug not in rows:
                problems.add(row[0], f"{bug} has no row in the first table")
            rows[bug] = row
    return rows


def read_more(cell):
    """What a cell of the column "One more option" says of each option, or None."""
    wanted = dict.fromkeys(MORE_OPTIONS, NOT_NOTICED)
    for part in cell.split("; ") if cell != NOT_NOTICED else ():
        option, _, outcome = part.partition(" ")
        if option not in wanted or not is_cell(outcome, "standard") or outcome == NOT_NOTICED:
            return None
        wanted[option] = outcome
    return wanted


def is_cell(cell, column):
    return bool(STOP_CELL.fullmatch(cell) or OTHER_CELLS[column].fullmatch(cell))


# ---- One run ----------------------------------------------------------------------------------------------------------


def environment_of(options):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("POOLEMU_")}
    environment["POOLEMU_VERIFIER"] = options
    environment["ASAN_OPTIONS"] = "abort_on_error=0:exitcode=1:symbolize=0"  # names would take longer than all the rest
    return environment


def run(bug, options, args):
    """Makes the mistake; returns what ended it, as in a cell but with all parameters, and everything that was written."""
    try:
        done = subprocess.run([str(args.program), bug], env=environment_of(options), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=args.timeout, check=False)
    except subprocess.TimeoutExpired as expired:
        return f"no end within {args.timeout} s", (expired.stdout or b"").decode(errors="replace")
    text = done.stdout.decode(errors="replace")
    return outcome_of(text, done.returncode), text


def run_under_valgrind(bugs, args):
    """Makes several mistakes, each in a child of one process: valgrind needs a second to start. Returns the same of each,
    by its name.
    """
    command = ["valgrind", "--exit-on-first-error=yes", f"--error-exitcode={VALGRIND_STATUS}", str(args.program), *bugs]
    done = subprocess.run(command, env=environment_of(""), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)
    parts = CHILD_END.split(done.stdout.decode(errors="replace"))  # text, bug, status, text, bug, status, ..., text
    return {bug: (outcome_of(text, int(status)), text) for text, bug, status in zip(parts[0::3], parts[1::3], parts[2::3])}


def outcome_of(text, status):
    """The sanitizers end the process at their first report, so there is one of each at the most."""
    report, stop = ASAN.search(text), STOP.search(text)
    if status == VALGRIND_STATUS and VALGRIND.search(text):
        words = VALGRIND.search(text).group(1)
        return VALGRIND_WORDS.get(words, words.lower())
    if report and not stop:
        access = ASAN_ACCESS.search(text)
        return report.group(1) + (f" {access.group(1).lower()}" if access else "")
    if stop and status in (-signal.SIGABRT, 128 + signal.SIGABRT):
        code, *parameters = (int(number, 16) for number in stop.groups())
        return f"0x{code:X} ({', '.join(f'0x{parameter:X}' for parameter in parameters)})"
    if status < 0:
        return signal.Signals(-status).name
    return NOT_NOTICED if status == 0 else f"exit status {status}"


def agrees(wanted, was, bits):
    """The table has the parameters of 64 bits; a status with its sign extended is shorter where there are fewer."""
    if not STOP_CELL.fullmatch(wanted) or not STOP_CELL.fullmatch(was):
        return wanted == was
    wanted, was = (re.findall(r"\*|0x[0-9A-F]+|\d+", text) for text in (wanted, was))
    return all(one == "*" or int(one, 0) % 2**bits == int(other, 0) for one, other in zip(wanted, was))


def why_not_valgrind(program):
    """Returns why the column of valgrind cannot be checked here, or None."""
    try:
        listing = subprocess.run(["valgrind", program], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    except FileNotFoundError:
        return "valgrind is not installed; on Debian: apt-get install valgrind"
    if b"Possibly corrupted debuginfo file" in listing.stderr:
        return "this valgrind cannot read the debug information that the compiler has written"
    return None


# ---- A column ---------------------------------------------------------------------------------------------------------


def plan(rows, args, problems):
    """Returns [(bug, place, options, wanted)] for the column."""
    runs = []
    for bug, (place, cells) in rows.items():
        cell = cells[COLUMNS[args.column]]
        if args.column != "more":
            if is_cell(cell, args.column):
                runs.append((bug, place, "standard" if args.column == "standard" else "", cell))
            else:
                problems.add(place, f"cannot read the cell of {args.column}: '{cell}'")
        elif cells[COLUMNS["standard"]] != NOT_NOTICED:
            if cell:
                problems.add(place, f"standard notices {bug} already, so nothing stands under '{HEADER[4]}'")
        elif read_more(cell) is None:
            problems.add(place, f"cannot read '{cell}'; it is - or OPTION OUTCOME, with OPTION one of {MORE_OPTIONS}")
        else:
            runs += [(bug, place, f"standard,{option}", outcome) for option, outcome in read_more(cell).items()]
    return runs


def check(one, outcome, args, problems):
    bug, place, options, wanted = one
    was, text = outcome
    if not agrees(wanted, was, args.bits):
        under = f" under {options}" if options else ""
        problems.add(place, f"{bug}{under}, column {args.column}: the table says '{wanted}', and it was '{was}':\n{text}")


def check_under_valgrind(runs, args, problems):
    outcomes = run_under_valgrind([bug for bug, *_ in runs], args) if runs else {}
    for one in runs:
        check(one, outcomes.get(one[0], ("no end", "")), args, problems)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", type=pathlib.Path, required=True, help="docs/verifier.md")
    parser.add_argument("--program", type=pathlib.Path, required=True, help="the program that makes the mistakes")
    parser.add_argument("--column", choices=COLUMNS, required=True)
    parser.add_argument("--bits", type=int, choices=(32, 64), default=64, help="of the program's processor")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="so many processes at a time")
    parser.add_argument("--timeout", type=int, default=60, help="seconds for one of them")
    args = parser.parse_args()

    if args.column == "valgrind" and why_not_valgrind(args.program):
        print(f"skipped: {why_not_valgrind(args.program)}", file=sys.stderr)
        sys.exit(SKIPPED_STATUS)
    problems = Problems()
    rows = read_rows(args, problems)
    bugs = subprocess.run([args.program], stdout=subprocess.PIPE, check=True, text=True).stdout.split()
    for bug in sorted(set(bugs) - set(rows)):
        problems.add(args.table, f"the bug {bug} of {args.program} has no row")
    for bug in sorted(set(rows) - set(bugs)):
        problems.add(rows[bug][0], f"there is no bug {bug} in {args.program}")
    runs = [one for one in plan(rows, args, problems) if one[0] in bugs]
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        if args.column == "valgrind":
            parts = [runs[first::args.jobs] for first in range(args.jobs)]
            list(pool.map(lambda part: check_under_valgrind(part, args, problems), parts))
        else:
            list(pool.map(lambda one: check(one, run(one[0], one[2], args), args, problems), runs))
    print(f"{args.column}: {len(runs)} runs of {len(bugs)} bugs", file=sys.stderr)
    if problems.count:
        sys.exit(f"{args.table}: {problems.count} problem{'s' if problems.count > 1 else ''}")


main()
