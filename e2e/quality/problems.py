"""The test functions with the shifts and rotations that the example drew, written anew from their definitions."""
import hashlib
import subprocess

import numpy as np


def digest(content):
    """What tells a problem from one that had its name before."""
    return hashlib.sha256(content).hexdigest()[:16]


def sphere(x):
    return np.sum(x * x)


def rastrigin(x):
    return 10 * len(x) + np.sum(x * x - 10 * np.cos(2 * np.pi * x))


def ackley(x):
    return -20 * np.exp(-0.2 * np.sqrt(np.mean(x * x))) - np.exp(np.mean(np.cos(2 * np.pi * x))) + 20 + np.e


def rosenbrock(x):
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def schwefel(x):
    return 418.9828872724338 * len(x) - np.sum(x * np.sin(np.sqrt(np.abs(x))))


FORMULAS = {"Sphere": sphere, "Rastrigin": rastrigin, "Ackley": ackley, "Rosenbrock": rosenbrock, "Schwefel": schwefel,
            "RotatedRastrigin": rastrigin, "RotatedAckley": ackley}


class Function:
    """A function on a box of numbers."""
    whole = False

    def __init__(self, line):
        name, seed, half, shift, rotation, at, value = line.split("\t")
        self.name, self.seed, self.digest = name, int(seed), digest(line.encode())
        self.shift = np.array(shift.split(), float)
        self.rotation = np.array(rotation.split(), float).reshape(len(self.shift), -1) if rotation else None
        self.low = np.full(len(self.shift), -float(half))
        self.high = -self.low
        here = self(np.array(at.split(), float))
        if not np.isclose(here, float(value), rtol=1e-9):
            raise SystemExit(f"{name}, seed {seed}: {value} there, {here} here: not the same function")

    def __call__(self, x):
        y = np.asarray(x, float) - self.shift
        return float(FORMULAS[self.name](y if self.rotation is None else self.rotation @ y))


class Table:
    """A landscape of the sample data, searched by looking it up: each gene is a place on its grid."""
    whole = True

    def __init__(self, name, grid, seed):
        self.name, self.seed, self.grid, self.digest = name, seed, grid, digest(grid.tobytes())
        self.low, self.high = np.zeros(grid.ndim, int), np.array(grid.shape) - 1

    def __call__(self, x):
        return float(self.grid[tuple(int(k) for k in x)])


def functions(example, seeds, first):
    done = subprocess.run([example, "problems", str(seeds), str(first)], capture_output=True, text=True, check=True)
    return [Function(line) for line in done.stdout.splitlines()]
