"""Compares the speed of Galapagos with numba loops tuned by hand, vectorbt, backtesting.py and polars, all in one run.

First a gate: the same genomes must have the same trades and the same equity. A case whose gate fails has no ratio, and the
exit code is 1. Then rounds in which the programs take turns. A strategy-bar is one bar (of each symbol) evaluated for one
individual. Galapagos is measured as a user runs it, `galapagos run --slots 1`, by the processor time that further
generations take, breeding and ledger included; numba by the processor time of tables and loops, for a sample of the
individuals of these generations."""
import argparse
import os
import pathlib
import sys
import tempfile
import time
import warnings

import numpy as np

import clock
import generated
import growth
import jobs
import learning
import page
import ratio_cases
from hand import Hand
from parity import Galapagos
from peers import PEERS, doubtful

warnings.filterwarnings("ignore")


def differs(what, ours, theirs, tolerance):
    """Where two series differ by more than a share of 1 or of their size, in words; nothing if they agree."""
    ours, theirs = np.asarray(ours, float), np.asarray(theirs, float)
    if ours.shape != theirs.shape:
        return f"{what}: {ours.shape[0]} here, {theirs.shape[0]} there"
    both = np.isnan(ours) & np.isnan(theirs)
    apart = np.where(both, 0.0, np.abs(ours - theirs) / np.maximum(1.0, np.abs(theirs)))
    worst = int(np.argmax(np.where(np.isnan(apart), np.inf, apart))) if apart.size else 0
    if apart.size == 0 or apart[worst] <= tolerance:
        return ""
    return f"{what}, number {worst}: galapagos {float(ours[worst])!r}, peer {float(theirs[worst])!r}"


# Metrics of a whole population, and trades and equity of the bars of a few of its individuals.
TOLERANCE = {"total_return": 1e-9, "sharpe": 1e-6, "max_drawdown": 1e-9, "trades": 0}


def gate(case, data, galapagos, work, hand, genomes, measured, singles):
    """The differences of each peer, and the genomes that the slower ones are measured with."""
    found = {}
    hand.run()
    theirs, alive = hand.metrics(data.bars_per_year), (genomes["class"] != "failed").to_numpy()  # the ruined have no metrics
    found["numba"] = [d for k, t in TOLERANCE.items() if (d := differs(k, genomes[k][alive], theirs[k][alive], t))]
    genes = [g for g in genomes.columns if g.startswith("gene_")]
    clear = []
    for i in range(len(genomes)):
        one = {g[5:]: genomes[g].iloc[i] for g in genes}
        if alive[i] and genomes["trades"].iloc[i] >= 2 and not (case.peers and doubtful(case, data.frames, one, hand.first)):
            clear.append((i, one))
        if len(clear) == singles:
            break
    replays = [jobs.replay(galapagos, work, case, data, one, hand.first) for _, one in clear]
    if not clear:
        found["numba"].append("no genome is clear of ties")
    for (i, _), (_, trades) in zip(clear, replays):
        if not case.account:
            found["numba"].append(differs("rows of entry and exit", trades.ravel(), hand.trades(i).ravel(), 0))
    for peer in case.peers:
        results = PEERS[peer](case, data.frames, [one for _, one in clear], hand.first)
        found[peer] = []
        for (equity, trades), (value, rows) in zip(replays, results):
            found[peer] += [differs("equity of the bars", equity, value, 1e-9),
                            differs("rows of entry and exit", trades.ravel(), rows.ravel(), 0)]
    return {peer: [x for x in all_ if x] for peer, all_ in found.items()}, [one for _, one in clear][:measured]


def compare(case, data, args, folder, galapagos):
    """One case: the gate, then alternating rounds. Returns a row of the table and the differences."""
    few, many = (2, 2 + args.generations) if data.bars > 50_000 else (2, 2 + 10 * args.generations)
    job = jobs.Job(case, data, folder, args.galapagos)
    job.run(many)
    genomes, first = job.individuals(few)
    hand = Hand(case, data.frames, genomes.rename(columns=lambda k: k.removeprefix("gene_")), first)
    differences, measured = gate(case, data, galapagos, folder, hand, genomes, 4, args.genomes)
    row = {"case": case, "bars": data.bars, "population": len(genomes)}
    rates = {}
    bars = data.bars * len(genomes)
    if not differences["numba"]:
        hand.run(parallel=True)
        for _ in range(args.rounds):
            rates.setdefault("galapagos", []).append(job.further(few, many))
            rates.setdefault("numba", []).append(bars / clock.spent(hand.run))
            rates.setdefault("two slots", []).append(job.run(many, slots=2).rate)
            rates.setdefault("two threads", []).append(bars / clock.lasted(lambda: hand.run(parallel=True)))
            for peer in case.peers:
                if not differences[peer]:
                    work = lambda: PEERS[peer](case, data.frames, measured, hand.first)
                    rates.setdefault(peer, []).append(data.bars * len(measured) / clock.spent(work))
    row["rates"] = rates
    return row, differences


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--galapagos", required=True, help="path of the binary")
    parser.add_argument("--bars", type=int, default=525_600)
    parser.add_argument("--population", type=int, default=500)
    parser.add_argument("--generations", type=int, default=4, help="measured ones of a run; ten times as many on daily data")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--genomes", type=int, default=2, help="genomes whose bars are compared")
    parser.add_argument("--case", action="append", help="only this one; may be given several times")
    parser.add_argument("--write", type=pathlib.Path, help="page whose generated section is replaced")
    parser.add_argument("--quick", action="store_true", help="a smoke run: few bars, one round, nothing written")
    args = parser.parse_args()
    if args.quick:
        args.bars, args.population, args.generations, args.rounds, args.write = 40_000, 100, 2, 1, None
    names = [case.name for case in ratio_cases.CASES]
    unknown = set(args.case or []) - set(names)
    if unknown:
        parser.error(f"no case {sorted(unknown)[0]}: there are {', '.join(names)}")
    os.environ.setdefault("NUMBA_NUM_THREADS", "2")
    start, rows, failed = time.perf_counter(), [], []
    datasets = ratio_cases.datasets(args.bars)
    galapagos = Galapagos(args.galapagos)
    with tempfile.TemporaryDirectory(prefix="galapagos-ratios-") as folder:
        folder = pathlib.Path(folder)
        jobs.POPULATION = args.population
        for data in datasets.values():
            jobs.publish(args.galapagos, folder, data)
        hertz = clock.hertz()
        for case in ratio_cases.CASES:
            if args.case and case.name not in args.case:
                continue
            row, differences = compare(case, datasets[case.data], args, folder, galapagos)
            rows.append(row)
            print(page.line(row), flush=True)
            for peer, all_ in differences.items():
                for difference in all_:
                    print(f"DIFFERENT {case.name}, {peer}: {difference}", file=sys.stderr, flush=True)
                    failed.append(case.name)
        grown = [] if args.case or args.quick else [*growth.measure(args, folder), learning.measure(args, folder, datasets["daily"])]
    minutes = (time.perf_counter() - start) / 60
    lines = page.section(rows, grown, hertz, args, minutes)
    print("\n".join(lines))
    if failed:
        sys.exit(1)
    if args.write:
        generated.replace(args.write, "ratios", lines)


if __name__ == "__main__":
    main()
