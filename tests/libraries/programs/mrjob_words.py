"""mrjob: a job with mapper, combiner, reducer, two steps and a counter, run by mrjob's own Spark harness."""

import re
import shutil
import sys
import sysconfig
import tempfile
from collections import Counter
from pathlib import Path

from mrjob.job import MRJob
from mrjob.step import MRStep

WORD = re.compile(r"[a-z_]+")


class MostUsedWords(MRJob):
    def steps(self):
        return [
            MRStep(mapper=self.words, combiner=self.total, reducer=self.total_by_length),
            MRStep(reducer=self.longest),
        ]

    def words(self, _, line):
        self.increment_counter("lines", "read")
        for word in WORD.findall(line.lower()):
            yield word, 1

    def total(self, word, counts):
        yield word, sum(counts)

    def total_by_length(self, word, counts):
        yield len(word), (sum(counts), word)

    def longest(self, length, counted):
        yield length, max(counted)


def main() -> None:
    from mrjob.spark import harness

    module = Path(sysconfig.get_path("stdlib"), "json", "decoder.py")
    folder = Path(tempfile.mkdtemp())
    counters = folder / "counters"
    harness.main(
        [
            "mrjob_words.MostUsedWords",
            str(module),
            str(folder / "output"),
            "--counter-output-dir",
            str(counters),
        ]
    )
    lines = sorted(
        line for part in sorted((folder / "output").glob("part-*")) for line in part.read_text().splitlines()
    )
    expected = Counter(WORD.findall(module.read_text().lower()))
    longest = {}
    for word, count in expected.items():
        longest[len(word)] = max(longest.get(len(word), (0, "")), (count, word))
    print(lines == sorted(f'{length}\t[{count}, "{word}"]' for length, (count, word) in longest.items()))
    counted = "".join(part.read_text() for part in sorted(counters.glob("part-*")))
    print(f'"read": {len(module.read_text().splitlines())}' in counted)
    shutil.rmtree(folder)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    main()
