"""Compares the searchers of Galapagos with Optuna, cma and pymoo: the same problems, seeds and numbers of distinct evaluations.

Test functions of ten numbers; landscapes of strategies on the sample data, which everybody searches by looking them up; and problems
of several objectives by the volume of what nothing dominates. Prints a table, and writes it into the page that --write names."""
import argparse
import collections
import multiprocessing
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import generated
import landscapes
import packages
import problems
from kept import Kept

BUDGETS = (300, 1_000, 10_000)
OURS = ("Evolution", "TPE", "CMAES", "Sobol", "Random")


def one(task):
    """One search of a package: the task and its value."""
    problem, searcher, budget, seed = task
    value = packages.front(searcher, problem, seed) if isinstance(problem, str) else packages.search(searcher, problem, budget)
    return task, value


def tasks(args, paths):
    """Every search of other packages, those that cost least for what they tell first: whenever time is over, each package has about the
    same share of its seeds."""
    grids = [landscapes.read(path) for path in paths]
    functions = problems.functions(args.example, args.seeds, args.first)
    out = []
    for nth in range(args.seeds):
        seed = args.first + nth
        single = [f for f in functions if f.seed == seed] + [problems.Table(name, grid, seed) for name, grid in grids]
        every = [(single, searcher, seeds) for searcher, (_, seeds) in packages.SINGLE.items()]
        every += [(packages.FRONTS, searcher, seeds) for searcher, seeds in packages.SEVERAL.items()]
        for of, searcher, budgets in every:
            for budget, seeds in budgets.items():
                if nth < seeds:
                    out += [(nth / seeds, (problem, searcher, budget, seed)) for problem in of]
    return [task for _, task in sorted(out, key=lambda pair: pair[0])]


def whole(every, kept):
    """Values by problem, searcher and evaluations, of the seeds for which every problem has one, and the number of those seeds."""
    missing = {(searcher, budget, seed) for problem, searcher, budget, seed in every if kept.get((problem, searcher, budget, seed)) is None}
    found, seeds = collections.defaultdict(list), collections.defaultdict(set)
    for task in every:
        problem, searcher, budget, seed = task
        if (searcher, budget, seed) not in missing:
            found[problem if isinstance(problem, str) else problem.name, searcher, budget].append(kept.get(task))
            seeds[searcher, budget].add(seed)
    return found, {key: len(of) for key, of in seeds.items()}


def number(value):
    """Two digits, as short as they can be read."""
    if value == 0 or 1e-3 <= abs(value) < 99.5:
        return f"{value:.2g}"
    return f"{value:.0f}" if 99.5 <= abs(value) < 10_000 else f"{value:.1e}".replace("e-0", "e-").replace("e+0", "e")


def cell(values, digits=None):
    """Median [90th percentile]."""
    values = sorted(values)
    at = lambda share: values[round((len(values) - 1) * share)]
    show = (lambda v: f"{v:,.{digits}f}") if digits is not None else number
    return f"{show(at(0.5))} [{show(at(0.9))}]"


def table(found, names, searchers, budgets):
    """Rows of searchers at each budget; columns of problems."""
    lines = ["| evaluations | searcher | " + " | ".join(names) + " |", "|---|---|" + "---|" * len(names)]
    for budget in budgets:
        first = True
        for searcher in searchers:
            values = [found.get((name, searcher, budget)) for name in names]
            if not any(values):
                continue
            cells = [cell(v) if v else "-" for v in values]
            lines.append(f"| {f'{budget:,}' if first else ''} | {searcher} | " + " | ".join(cells) + " |")
            first = False
    return lines


def said(seeds):
    """How many seeds each package has, where all problems have a value."""
    parts = []
    for searcher in [*packages.SINGLE, *packages.SEVERAL]:
        counts = {budget: n for (name, budget), n in seeds.items() if name == searcher}
        if len(set(counts.values())) == 1:
            parts.append(f"{searcher} {next(iter(counts.values()))}")
        elif counts:
            parts.append(f"{searcher} " + " and ".join(f"{n} with {budget:,} evaluations" for budget, n in sorted(counts.items())))
    return "; ".join(parts)


def section(found, seeds, args, minutes):
    functions = ["Sphere", "Rastrigin", "Ackley", "Rosenbrock", "Schwefel", "RotatedRastrigin", "RotatedAckley"]
    tables = list(landscapes.GRIDS)
    searchers = [f"`{name}`" for name in OURS] + list(packages.SINGLE)
    out = [f"Made by `make quality`: median [90th percentile] over {args.seeds} seeds that no test uses, which took the searchers here {minutes:.0f} "
           f"minutes of processor time, beside {', '.join(versions())} with their own defaults. Those are slow, so they have as many of the same seeds as the "
           f"time allowed: {said(seeds)}. Populations are 20 up to 1,000 evaluations, then 100; an evaluation that repeats another "
           "one is not counted.", "",
           "Ten numbers, how far the best lies above the optimum:", ""]
    out += table(found, functions, searchers, BUDGETS)
    out += ["", "Strategies on the sample data, how far the Sharpe ratio of the best lies below that of the best genome of the whole grid "
            "(105,000 to 150,000 genomes, each evaluated):", ""]
    out += table(found, tables, searchers, BUDGETS)
    fronts = ["`Evolution`", *packages.SEVERAL]
    out += ["", "Several objectives, 10,000 evaluations, population 100: median [10th percentile] of the volume dominated by all that was evaluated. "
            "Here the archive keeps at most 1,024 points, the volume of pymoo's is that of every point it ever evaluated.", "",
            "| problem | " + " | ".join(fronts) + " |", "|---|" + "---|" * len(fronts)]
    for problem in packages.FRONTS:
        cells = []
        for searcher in fronts:
            values = found.get((problem, searcher, 10_000))
            cells.append(cell([-v for v in values], 3).replace("-", "") if values else "-")
        out.append(f"| {problem} | " + " | ".join(cells) + " |")
    return out


def speeds(example):
    """What large generations cost, as the example measures it."""
    told = subprocess.run([example, "speed"], capture_output=True, text=True, check=True).stdout
    out = ["", "What breeding costs: a generation of 40 genes, asked and told, in processor time of one core.", "",
           "| searcher | candidates | seconds | goal |", "|---|---|---|---|"]
    for line in told.splitlines():
        what, candidates, seconds, goal = line.split("\t")
        out.append(f"| {what} | {int(candidates):,} | {float(seconds):.2f} | {goal} |")
    return out


def search(every, kept, args):
    """Searches until all is done or time is over."""
    start = time.perf_counter()
    with multiprocessing.Pool(args.processes) as pool:
        for done, (task, value) in enumerate(pool.imap_unordered(one, every, chunksize=1), 1):
            kept.add(task, value)
            seconds = time.perf_counter() - start
            if done % 100 == 0 or done == len(every):
                print(f"{done} of {len(every)} searches of other packages, {seconds:.0f} s", file=sys.stderr, flush=True)
            if seconds > 60 * args.minutes:
                print(f"{len(every) - done} searches are left to another run", file=sys.stderr, flush=True)
                break


def versions():
    """The packages that are compared."""
    lines = pathlib.Path(__file__).with_name("requirements.txt").read_text().split()
    return [line.replace("==", " ") for line in lines if line.startswith(("cma", "optuna", "pymoo"))]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--galapagos", required=True, help="path of the binary, which makes the landscapes")
    parser.add_argument("--example", required=True, help="path of the example `quality` of galapagos-genetics")
    parser.add_argument("--seeds", type=int, default=31)
    parser.add_argument("--first", type=int, default=10_001, help="first seed")
    parser.add_argument("--kept", type=pathlib.Path, required=True, help="file that keeps what other packages found, so that it is searched once")
    parser.add_argument("--minutes", type=float, default=35, help="for the searches of other packages that are not kept yet")
    parser.add_argument("--processes", type=int, default=max(1, multiprocessing.cpu_count() - 1), help="of other packages")
    parser.add_argument("--write", type=pathlib.Path, help="page whose generated section is replaced")
    args = parser.parse_args()
    kept = Kept(args.kept, versions())
    with tempfile.TemporaryDirectory(prefix="galapagos-quality-") as folder:
        paths = landscapes.make(args.galapagos, pathlib.Path(folder))
        print(f"{len(paths)} landscapes", file=sys.stderr, flush=True)
        every = tasks(args, paths)
        search([task for task in every if kept.get(task) is None], kept, args)
        found, seeds = whole(every, kept)
        before = os.times()
        ours = subprocess.run([args.example, "compare", str(args.seeds), str(args.first), *map(str, paths)],
                              stdout=subprocess.PIPE, text=True, check=True).stdout
        after = os.times()
        minutes = (after.children_user + after.children_system - before.children_user - before.children_system) / 60
    for line in ours.splitlines():
        _, problem, searcher, budget, _, value = line.split("\t")
        found[problem, f"`{searcher}`", int(budget)].append(float(value))
    lines = section(found, seeds, args, minutes) + speeds(args.example)
    print("\n".join(lines))
    if args.write:
        generated.replace(args.write, "quality", lines)


if __name__ == "__main__":
    main()
