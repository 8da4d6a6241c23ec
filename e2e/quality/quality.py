"""Compares the searchers of Galapagos with Optuna, cma and pymoo: the same problems, seeds and numbers of distinct evaluations.

Test functions of ten numbers; landscapes of strategies on the sample data, which everybody searches by looking them up; and problems
of several objectives by the volume of what nothing dominates. Prints a table, and writes it into the page that --write names."""
import argparse
import collections
import multiprocessing
import pathlib
import subprocess
import sys
import tempfile
import time

import generated
import landscapes
import packages
import problems

BUDGETS = (300, 1_000, 10_000)
OURS = ("Evolution", "TPE", "CMAES", "Sobol", "Random")


def one(task):
    """One search of a package: set, problem, searcher, evaluations, seed, value."""
    kind, problem, searcher, budget, seed = task
    if kind == "front":
        return kind, problem, searcher, budget, seed, packages.front(searcher, problem, seed)
    return kind, problem.name, searcher, budget, seed, packages.search(searcher, problem, budget)


def tasks(args, paths, first):
    grids = [landscapes.read(path) for path in paths]
    for searcher, _, most, seeds in packages.SINGLE:
        used = range(first, first + min(args.seeds, seeds))
        every = problems.functions(args.example, len(used), first)
        every += [problems.Table(name, grid, seed) for name, grid in grids for seed in used]
        for budget in BUDGETS:
            if budget <= min(most, args.most):
                yield from (("single", problem, searcher, budget, problem.seed) for problem in every)
    if args.most >= 10_000:
        yield from (("front", problem, searcher, 10_000, seed) for problem in packages.FRONTS for searcher in packages.SEVERAL
                    for seed in range(first, first + args.seeds))


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


def section(found, args, minutes):
    functions = ["Sphere", "Rastrigin", "Ackley", "Rosenbrock", "Schwefel", "RotatedRastrigin", "RotatedAckley"]
    tables = [name for name in landscapes.GRIDS]
    searchers = [f"`{name}`" for name in OURS] + [s[0] for s in packages.SINGLE]
    fewer = [f"{name} {seeds} seeds and at most {most:,} evaluations" for name, _, most, seeds in packages.SINGLE if seeds < args.seeds]
    limited = [f"{name} at most {most:,}" for name, _, most, seeds in packages.SINGLE if most < 10_000 and seeds >= args.seeds]
    versions = [line for line in pathlib.Path(__file__).with_name("requirements.txt").read_text().split() if line.startswith(("cma", "optuna", "pymoo"))]
    out = [f"Made by `make quality` in {minutes:.0f} minutes: median [90th percentile] over {args.seeds} seeds that no test uses, beside "
           f"{', '.join(v.replace('==', ' ') for v in versions)} with their own defaults. Populations are 20 up to 1,000 evaluations, then 100; an "
           "evaluation that repeats another one is not counted. Because they are slow, " + "; ".join(fewer + limited) + ".", "",
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


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--galapagos", required=True, help="path of the binary, which makes the landscapes")
    parser.add_argument("--example", required=True, help="path of the example `quality` of galapagos-genetics")
    parser.add_argument("--seeds", type=int, default=31)
    parser.add_argument("--first", type=int, default=10_001, help="first seed")
    parser.add_argument("--most", type=int, default=10_000, help="largest number of evaluations of other packages")
    parser.add_argument("--processes", type=int, default=multiprocessing.cpu_count())
    parser.add_argument("--write", type=pathlib.Path, help="page whose generated section is replaced")
    args = parser.parse_args()
    start, found = time.perf_counter(), collections.defaultdict(list)
    with tempfile.TemporaryDirectory(prefix="galapagos-quality-") as folder:
        paths = landscapes.make(args.galapagos, pathlib.Path(folder))
        print(f"{len(paths)} landscapes", file=sys.stderr, flush=True)
        told = pathlib.Path(folder) / "ours.tsv"
        with told.open("w") as out:
            ours = subprocess.Popen([args.example, "compare", str(args.seeds), str(args.first), *map(str, paths)], stdout=out)
        every = list(tasks(args, paths, args.first))
        with multiprocessing.Pool(max(1, args.processes - 1)) as pool:
            for done, (_, problem, searcher, budget, _, value) in enumerate(pool.imap_unordered(one, every, chunksize=1), 1):
                found[problem, searcher, budget].append(value)
                if done % 200 == 0 or done == len(every):
                    print(f"{done} of {len(every)} searches of other packages, {time.perf_counter() - start:.0f} s", file=sys.stderr, flush=True)
        if ours.wait():
            sys.exit(f"the example ended with {ours.returncode}")
        for line in told.read_text().splitlines():
            _, problem, searcher, budget, _, value = line.split("\t")
            found[problem, f"`{searcher}`", int(budget)].append(float(value))
    lines = section(found, args, (time.perf_counter() - start) / 60) + speeds(args.example)
    print("\n".join(lines))
    if args.write:
        generated.replace(args.write, "quality", lines)


if __name__ == "__main__":
    main()
