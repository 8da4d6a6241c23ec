"""The searchers of other packages, with their own defaults, on a budget of distinct evaluations.

A point that was evaluated before costs nothing, as it costs nothing here; after `PATIENCE` times as many calls as the budget a search
ends with what it has.
Populations are those that Galapagos gets: 20 for up to 1,000 evaluations, else 100."""
import math
import warnings

import cma
import numpy as np
import optuna
from pymoo.algorithms.moo.nsga2 import NSGA2
from pymoo.algorithms.moo.nsga3 import NSGA3
from pymoo.algorithms.soo.nonconvex.ga import GA
from pymoo.core.callback import Callback
from pymoo.core.problem import ElementwiseProblem
from pymoo.indicators.hv import HV
from pymoo.operators.crossover.pntx import TwoPointCrossover
from pymoo.operators.crossover.sbx import SBX
from pymoo.operators.mutation.bitflip import BitflipMutation
from pymoo.operators.mutation.pm import PM
from pymoo.operators.repair.rounding import RoundingRepair
from pymoo.operators.sampling.rnd import BinaryRandomSampling, IntegerRandomSampling
from pymoo.optimize import minimize
from pymoo.problems import get_problem
from pymoo.util.nds.non_dominated_sorting import NonDominatedSorting
from pymoo.util.ref_dirs import get_reference_directions

optuna.logging.set_verbosity(optuna.logging.ERROR)
warnings.filterwarnings("ignore")
PATIENCE = 4


class Spent(Exception):
    """The budget is."""


class Counted:
    """A problem whose distinct evaluations are counted."""

    def __init__(self, problem, budget):
        self.problem, self.budget, self.known, self.best, self.calls = problem, budget, {}, math.inf, 0

    def __call__(self, x):
        key = tuple(np.asarray(x).tolist())
        self.calls += 1
        if self.calls > PATIENCE * self.budget:
            raise Spent
        if key in self.known:
            return self.known[key]
        if len(self.known) >= self.budget:
            raise Spent
        value = self.known[key] = self.problem(x)
        self.best = min(self.best, value)
        return value


def size(budget):
    return 20 if budget <= 1000 else 100


def with_optuna(counted, sampler):
    problem = counted.problem
    study = optuna.create_study(sampler=sampler)

    def objective(trial):
        ranges = zip(problem.low.tolist(), problem.high.tolist())
        ask = trial.suggest_int if problem.whole else trial.suggest_float
        return counted([ask(f"x{i}", low, high) for i, (low, high) in enumerate(ranges)])

    study.optimize(objective, n_trials=PATIENCE * counted.budget)


def optuna_tpe(counted, seed):
    with_optuna(counted, optuna.samplers.TPESampler(seed=seed))


def optuna_nsga2(counted, seed):
    with_optuna(counted, optuna.samplers.NSGAIISampler(seed=seed, population_size=size(counted.budget)))


def with_cma(counted, seed):
    """CMA-ES with restarts at growing populations (its BIPOP), in the unit cube; whole numbers by its own handling of them."""
    problem, rng, restart = counted.problem, np.random.default_rng(seed), 0
    low, high = problem.low.astype(float), problem.high.astype(float)
    low, high = (low - 0.49, high + 0.49) if problem.whole else (low, high)
    while True:
        options = {"bounds": [low.tolist(), high.tolist()], "seed": seed * 1000 + restart + 1, "verbose": -9, "CMA_stds": (high - low).tolist(),
                   "popsize": (4 + int(3 * math.log(len(low)))) * 2 ** restart}
        if problem.whole:
            options["integer_variables"] = list(range(len(low)))
        search = cma.CMAEvolutionStrategy(rng.uniform(low, high), 0.25, options)
        while not search.stop():
            points = search.ask()
            search.tell(points, [counted(np.clip(np.rint(p), problem.low, problem.high).astype(int) if problem.whole else p) for p in points])
        restart += 1


class Elementwise(ElementwiseProblem):
    def __init__(self, counted):
        problem = counted.problem
        super().__init__(n_var=len(problem.low), n_obj=1, xl=problem.low, xu=problem.high, vtype=int if problem.whole else float)
        self.counted = counted

    def _evaluate(self, x, out, *_, **__):
        out["F"] = self.counted(x)


def pymoo_ga(counted, seed):
    whole = dict(sampling=IntegerRandomSampling(), crossover=SBX(vtype=float, repair=RoundingRepair()),
                 mutation=PM(vtype=float, repair=RoundingRepair())) if counted.problem.whole else {}
    # A small space may be bred out: then it begins anew.
    for restart in range(1000):
        minimize(Elementwise(counted), GA(pop_size=size(counted.budget), **whole), ("n_gen", 2000), seed=seed + 10_000 * restart)


# Each search with its most seeds for numbers of evaluations: what is slow gets fewer, or none, which the page says.
SINGLE = {
    "optuna TPE": (optuna_tpe, {300: 15, 1_000: 5}),
    "optuna NSGA-II": (optuna_nsga2, {300: 15, 1_000: 15}),
    "cma": (with_cma, {300: 31, 1_000: 31, 10_000: 31}),
    "pymoo GA": (pymoo_ga, {300: 31, 1_000: 31, 10_000: 31}),
}


def search(name, problem, budget):
    """How far the best lies from the optimum."""
    counted = Counted(problem, budget)
    try:
        SINGLE[name][0](counted, problem.seed)
    except Spent:
        pass
    return counted.best


REFERENCE = {"ZDT5": [34.1, 12.1], "DTLZ1": [0.55] * 3, "DTLZ2": [1.1] * 3}
FRONTS = ["ZDT1", "ZDT2", "ZDT3", "ZDT4", "ZDT5", "ZDT6", "DTLZ1", "DTLZ2"]
SEVERAL = {"pymoo NSGA-II": {10_000: 31}, "pymoo NSGA-III": {10_000: 15}}


class Everything(Callback):
    """Keeps what nothing dominates of all that was evaluated: the archive of the other side, without a bound."""

    def __init__(self):
        super().__init__()
        self.front = None

    def notify(self, algorithm):
        values = algorithm.pop.get("F")
        values = values if self.front is None else np.vstack([self.front, values])
        self.front = np.unique(values[NonDominatedSorting().do(values, only_non_dominated_front=True)], axis=0)


def front(name, problem, seed):
    """The volume of all that nothing dominates after 10,000 evaluations."""
    three = problem.startswith("DTLZ")
    inside = get_problem(problem.lower(), **({"n_var": 7 if problem == "DTLZ1" else 12, "n_obj": 3} if three else {"normalize": False} if problem == "ZDT5" else {}))
    bits = dict(sampling=BinaryRandomSampling(), crossover=TwoPointCrossover(), mutation=BitflipMutation()) if problem == "ZDT5" else {}
    directions = get_reference_directions("das-dennis", 3 if three else 2, n_partitions=12 if three else 99)
    algorithm = NSGA2(pop_size=100, **bits) if name == "pymoo NSGA-II" else NSGA3(directions, pop_size=100, **bits)
    kept = Everything()
    minimize(inside, algorithm, ("n_eval", 10_000), seed=seed, callback=kept)
    return float(HV(ref_point=np.array(REFERENCE.get(problem, [1.1, 1.1])))(kept.front))
