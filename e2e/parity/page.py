"""The lines of the generated section of docs/performance.md."""
import os
import pathlib
import platform
import statistics


def spread(values, digits=0, scale=1.0):
    """Median (least to most)."""
    middle, least, most = (f(values) * scale for f in (statistics.median, min, max))
    return f"{middle:,.{digits}f} ({least:,.{digits}f} to {most:,.{digits}f})"


def times(ours, theirs):
    """Ratios of the rounds, round by round."""
    ratios = [a / b for a, b in zip(ours, theirs)]
    digits = 1 if statistics.median(ratios) < 100 else 0
    return spread(ratios, digits)


def line(row):
    """What is told while it runs."""
    rates = row["rates"]
    said = ", ".join(f"{name} {statistics.median(values) / 1e6:,.2f}" for name, values in rates.items())
    return f"{row['case'].name}: {said or 'DIFFERENT'}"


def others(row):
    case, rates = row["case"], row["rates"]
    cells = [f"{peer} {times(rates['galapagos'], rates[peer])}" for peer in case.peers if peer in rates]
    return ", ".join(cells) or "-"


def section(rows, grown, hertz, args, minutes):
    rows = [row for row in rows if row["rates"]]
    out = [f"Made by `make ratios` in {minutes:.0f} minutes on {processor()}, {os.cpu_count()} cores, shared with other work: "
            f"medians (least to most) of {args.rounds} rounds in which the programs take turns. "
            f"{args.bars:,} minutes of a random walk (eight symbols of {args.bars // 4:,} in the portfolio), "
            f"population {args.population:,}, fees; the daily sample where the case says so.",
            "",
            "Before anything is timed, every individual of the sample must have the same return, Sharpe ratio, drawdown and trades as with "
            f"the numba loop, and {args.genomes} of them the same rows of entry and exit and, with the other packages, the same equity in each bar; "
            "a case that fails has no row here and ends the program with an error.",
            "",
            "Million strategy-bars a second of processor time on one core. *galapagos* is what further generations of a `galapagos run` "
            "cost, with breeding, ledger and tables of results. *numba* is a loop tuned by hand for the case (`e2e/parity/loops.py`) with its "
            "tables of indicators, for as many individuals of the same generations. *cycles* are those per strategy-bar: processor time at the "
            f"{hertz / 1e9:.2f} GHz that a chain of operations of known length shows, since a guest of a virtual machine has no counters.", "",
            "| case | galapagos | numba | galapagos : numba | cycles, galapagos | cycles, numba | galapagos : others |", "|---|---|---|---|---|---|---|"]
    for row in rows:
        r = row["rates"]
        cycles = lambda name: f"{hertz / statistics.median(r[name]):.1f}"
        out.append(f"| {row['case'].what} | {spread(r['galapagos'], 0, 1e-6)} | {spread(r['numba'], 0, 1e-6)} | "
                   f"{times(r['galapagos'], r['numba'])} | {cycles('galapagos')} | {cycles('numba')} | {others(row)} |")
    unable = [f"{row['case'].what}: {row['case'].unable}" for row in rows if row["case"].unable]
    if unable:
        out += ["", "What the other packages do not say in the same way: " + "; ".join(unable) + ". backtesting.py trades whole shares, polars has no "
                "loop for stops."]
    out += ["", "Both cores by the clock on the wall, evaluation alone, `--slots 2` beside `prange` over individuals; other work on the machine lowers "
            "both, and the ratio is the more doubtful for it:", "",
            "| case | galapagos | numba | galapagos : numba |", "|---|---|---|---|"]
    for row in rows:
        if row["bars"] < 10_000:
            continue  # over in milliseconds, which other work on the machine decides
        a, b = row["rates"]["two slots"], row["rates"]["two threads"]
        out.append(f"| {row['case'].what} | {spread(a, 0, 1e-6)} | {spread(b, 0, 1e-6)} | {times(a, b)} |")
    for title, head, lines in grown:
        out += ["", title, "", "| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
        out += ["| " + " | ".join(cells) + " |" for cells in lines]
    return out


def processor():
    """The name of the processor as the system has it."""
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    name = next((x.split(":", 1)[1].strip() for x in lines if x.startswith("model name")), platform.machine())
    flags = next((x for x in lines if x.startswith("flags")), "")
    return f"{name} with AVX-512" if "avx512vl" in flags else name
