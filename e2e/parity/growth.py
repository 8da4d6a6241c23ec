"""How the time grows with bars, population, distinct periods and slots: ema_crossover, long or flat."""
import dataclasses
import statistics

import clock
import jobs
import ratio_cases
from hand import Hand

ROUNDS = 3


def measure(args, folder):
    case = next(c for c in ratio_cases.CASES if c.name == "ema")
    whole = ratio_cases.datasets(args.bars)["walk"]
    few = 2
    parts = {}
    for share in (4, 2):
        frames = {symbol: frame.iloc[:len(frame) // share] for symbol, frame in whole.frames.items()}
        parts[share] = dataclasses.replace(whole, name=f"walk-{share}", frames=frames)
        jobs.publish(args.galapagos, folder, parts[share])
    parts[1] = whole

    def both(data, population=None, genes=None):
        """Million strategy-bars a second of processor time, here and in numba, and the distinct periods of the sample."""
        job = jobs.Job(case, data, folder, args.galapagos, population, genes)
        many = few + args.generations * args.population // job.population  # as many individuals, whatever a generation has
        job.run(many)
        genomes, first = job.individuals(few)
        hand = Hand(case, data.frames, genomes.rename(columns=lambda k: k.removeprefix("gene_")), first)
        hand.run()
        ours, theirs = [], []
        for _ in range(ROUNDS):
            ours.append(job.further(few, many))
            theirs.append(data.bars * len(genomes) / clock.spent(hand.run))
        return statistics.median(ours), statistics.median(theirs), hand.periods["ema"].size

    def line(label, ours, theirs):
        return [label, f"{ours / 1e6:,.0f}", f"{theirs / 1e6:,.0f}", f"{ours / theirs:.1f}"]

    bars = [line(f"{data.bars:,}", *both(data)[:2]) for data in parts.values()]
    sizes = [line(f"{p:,}", *both(whole, p)[:2]) for p in (args.population // 10, args.population)]
    periods = []
    for width in (3, 45):
        # The threshold has values enough that no population asks for all there are.
        genes = [{"name": "fast_period", "min": 5, "max": 4 + width}, {"name": "slow_period", "min": 200 - 4 * width, "max": 200},
                 {"name": "trend_filter", "min": "0.00001", "max": "0.01", "step": "0.00001"}]
        ours, theirs, distinct = both(whole, None, genes)
        periods.append(line(f"{distinct}", ours, theirs))
    head = ["galapagos", "numba", "ratio"]
    job = jobs.Job(case, whole, folder, args.galapagos)
    slots = [[f"{n}", f"{statistics.median(job.run(few + args.generations, slots=n).rate for _ in range(ROUNDS)) / 1e6:,.0f}"] for n in (1, 2)]
    what = f"(`ema_crossover`, million strategy-bars a second of one core, medians of {ROUNDS})"
    return [(f"Growth with the number of bars {what}:", ["bars", *head], bars),
            (f"with the population, {whole.bars:,} bars:", ["population", *head], sizes),
            ("with the distinct periods of those individuals:", ["distinct periods", *head], periods),
            ("with the slots, evaluation by the clock on the wall:", ["slots", "galapagos"], slots)]
