"""The strategies that train, beside the same done with scikit-learn in a loop.

What both have to do: at each refit a model of the rows before, then its scores until the next refit. Features are made once
and not timed; the loop is spared positions and accounts too. Models are the nearest that scikit-learn has: LinearSVC with as
many passes, PCA with a RandomForestRegressor of the same depth, trees and least samples. Galapagos is measured as a user
runs it, in processor time of a whole run, start and tests of the winner included, and of further generations, which find
models that are trained."""
import types
import warnings

import numpy as np
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestRegressor
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

import clock
import jobs
import page

warnings.filterwarnings("ignore")
HORIZON = 5


def features(frame):
    """Twelve causal columns of the kind that the strategies use; their values do not matter for the time."""
    close, volume = frame["Close"], frame["Volume"]
    r = close.pct_change()
    columns = [r, close.pct_change(5), close.pct_change(20), r.clip(lower=0).rolling(14).mean(), close / close.rolling(20).mean() - 1,
               r.rolling(20).std(), volume / volume.rolling(20).mean() - 1, close / close.rolling(14).max(),
               close.ewm(12).mean() / close.ewm(26).mean() - 1, (frame["High"] - frame["Low"]).rolling(14).mean() / close,
               r.shift(1), r.shift(2)]
    return np.nan_to_num(np.column_stack(columns))


def machine(x, ahead, genes, first):
    window, count = int(genes["lookback_window"]), int(genes["feature_count"])
    for t in range(first, len(x), int(genes["refit_interval"])):
        rows = slice(max(t + 1 - HORIZON - window, 100), t + 1 - HORIZON)
        scaler = StandardScaler().fit(x[rows, :count])
        model = LinearSVC(C=float(genes["regularization"]), loss="squared_hinge", dual=True, max_iter=20)
        model.fit(scaler.transform(x[rows, :count]), ahead[rows] > 0)
        model.decision_function(scaler.transform(x[t:t + int(genes["refit_interval"]), :count]))


def forest(x, ahead, genes, first):
    window = int(genes["feature_window"])
    for number, t in enumerate(range(first - 100, len(x), int(genes["refit_interval"]))):
        rows = slice(max(t + 1 - HORIZON - window, 100), t + 1 - HORIZON)
        scaler = StandardScaler().fit(x[rows])
        pca = PCA(int(genes["pca_components"])).fit(scaler.transform(x[rows]))
        model = RandomForestRegressor(int(genes["n_estimators"]), max_depth=int(genes["tree_depth"]), min_samples_split=20,
                                      min_samples_leaf=10, random_state=number)
        model.fit(pca.transform(scaler.transform(x[rows])), ahead[rows])
        model.predict(pca.transform(scaler.transform(x[t:t + int(genes["refit_interval"])])))


LOOPS = {"linear_svc_classifier": machine, "pca_tree_quantile": forest}


# Narrower where the sample is too short for the warm-up of the widest.
GENES = {"linear_svc_classifier": [{"name": "lookback_window", "min": 100, "max": 500}],
         "pca_tree_quantile": [{"name": "feature_window", "min": 250, "max": 500}]}
POPULATION, LOOPED = 200, 4


def measure(args, folder, data):
    """A table: each strategy on a dataset of one symbol."""
    (frame,) = data.frames.values()
    x, ahead = features(frame), frame["Close"].shift(-HORIZON).to_numpy() / frame["Close"].to_numpy() - 1
    lines = []
    for name, loop in LOOPS.items():
        case = types.SimpleNamespace(name=name.replace("_", "-"), strategy={"name": name}, fee=0.0005, execution={})
        job = jobs.Job(case, data, folder, args.galapagos, POPULATION, GENES[name])
        ours, further, theirs = [], [], []
        for _ in range(args.rounds):
            further.append(data.bars / job.further(1, 3))
            whole = job.run(3)
            ours.append(whole.processor / whole.individuals)
            genomes, first = job.individuals(1)
            some = genomes.sample(LOOPED, random_state=len(ours))
            genes = [{k[5:]: row[k] for k in genomes.columns if k.startswith("gene_")} for _, row in some.iterrows()]
            theirs.append(clock.spent(lambda: [loop(x, ahead, g, first) for g in genes]) / LOOPED)
        lines.append([f"`{name}`", page.spread(ours, 1, 1e3), page.spread(further, 1, 1e3), page.spread(theirs, 0, 1e3), page.spread([b / a for a, b in zip(ours, theirs)])])
    title = (f"Strategies that train, daily sample, population {POPULATION}: milliseconds of processor time an individual, beside a loop over "
             "scikit-learn (`e2e/parity/learning.py`), which is spared features, positions and accounts. Further generations find most "
             "models trained by those before; the ratio is that of a whole run of three, tests of the winner included.")
    return title, ["strategy", "galapagos, a whole run", "galapagos, further generations", "scikit-learn", "times as fast"], lines
