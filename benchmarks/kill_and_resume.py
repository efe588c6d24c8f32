"""Kill `skdigits reproduce all --quick` at random times, and resume it each time.

The results, apart from times, must equal those of an uninterrupted run, and no finished fit may
run twice. The benchmark takes as long as two quick runs and a few imports.

    python benchmarks/kill_and_resume.py [--kills 5] [--seed 0]
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd
from common import write_json

from skdigits.studies import load_fits, load_results

TIMES = ("fit_seconds", "reduction_seconds")


def start(output):
    command = [sys.executable, "-m", "skdigits", "reproduce", "all", "--quick"]
    return subprocess.Popen(
        [*command, "--output", str(output)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def kill(process):
    """Kill the process and its workers at once, like a power failure."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    moments = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory() as folder:
        outputs = Path(folder, "alone"), Path(folder, "killed")
        alone, killed = (output / "quick" for output in outputs)
        begin = time.perf_counter()
        assert start(outputs[0]).wait() == 0
        uninterrupted = time.perf_counter() - begin
        print(f"uninterrupted: {uninterrupted:.0f} s", flush=True)
        found = []
        for number in range(arguments.kills):
            process = start(outputs[1])
            seconds = moments.uniform(5, 2 * uninterrupted / arguments.kills)
            try:
                process.wait(timeout=seconds)
                print("finished before it was killed", flush=True)
                break
            except subprocess.TimeoutExpired:
                kill(process)
            records = killed / "records.jsonl"
            n_fits = len(records.read_bytes().splitlines()) if records.exists() else 0
            found.append({"seconds": seconds, "finished_fits": n_fits})
            print(f"kill {number + 1} after {seconds:.0f} s: {n_fits} fits", flush=True)
        assert start(outputs[1]).wait() == 0
        lines = (killed / "records.jsonl").read_text().splitlines()
        keys = [json.loads(line)["key"] for line in lines]
        assert len(set(keys)) == len(keys), "a finished fit ran twice"
        assert set(keys) == set(load_fits(alone).key)
        results = [load_results(one).drop(columns=list(TIMES)) for one in (alone, killed)]
        pd.testing.assert_frame_equal(*results)
        print(f"{len(keys)} fits, none twice; results equal")
        write_json("kill_and_resume", {"uninterrupted": uninterrupted, "kills": found})


if __name__ == "__main__":
    main()
