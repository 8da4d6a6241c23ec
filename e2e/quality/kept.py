"""What the searches of other packages found, kept from run to run: it follows from the package, the problem, the seed, and the
programs here that bring these together.

Lines of a file: the digest of those programs and the packages' versions; below that problem, digest of it, searcher, evaluations, seed and
value, with tabs between them. A file made with others is begun anew; a last line that was cut off is left out."""


import hashlib
import os
from pathlib import Path


def programs():
    """The digest of what sets packages up and of the problems."""
    here = Path(__file__).parent
    return hashlib.sha256(b"".join((here / name).read_bytes() for name in ("packages.py", "problems.py"))).hexdigest()


class Kept:
    def __init__(self, path, versions):
        self.path, self.head, self.values = path, "\t".join(["quality", programs(), *versions]) + "\n", {}
        text = path.read_text() if path.exists() else ""
        lines = text[:text.rfind("\n") + 1].splitlines(keepends=True)
        if not lines or lines[0] != self.head:
            lines = [self.head]
        for line in lines[1:]:
            *key, value = line.rstrip("\n").split("\t")
            self.values[tuple(key)] = float(value)
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_suffix(".new")
        beside.write_text("".join(lines))
        os.replace(beside, path)

    @staticmethod
    def key(task):
        """A task as a line says it."""
        problem, searcher, budget, seed = task
        name, digest = (problem, "-") if isinstance(problem, str) else (problem.name, problem.digest)
        return name, digest, searcher, str(budget), str(seed)

    def get(self, task):
        return self.values.get(self.key(task))

    def add(self, task, value):
        self.values[self.key(task)] = value
        with self.path.open("a") as out:
            print(*self.key(task), repr(value), sep="\t", file=out)
