"""DAGs whose logs are what they are for: written over time, big, or of awkward text.

(Airflow only reads files that hold its own name and the word dag: this one imports neither by itself.)
"""

from __future__ import annotations

import os
import signal
import time
from datetime import timedelta

from common import ARGS, DAG, task

with DAG("ticker", params={"lines": 60, "every": 0.25}, **ARGS):

    @task(retry_delay=timedelta(seconds=2))
    def tick(params=None):
        for number in range(int(params["lines"])):
            print(f"tick {number:06d}", flush=True)
            time.sleep(float(params["every"]))

    tick()

with DAG("big_log", params={"lines": 200_000}, **ARGS):

    @task
    def many(params=None):
        filler = "x" * 60
        for number in range(int(params["lines"])):
            print(f"line {number:08d} {filler}")

    many()

with DAG("sleeper", params={"seconds": 600}, **ARGS):

    @task
    def sleep(params=None):
        print("sleeping", flush=True)
        time.sleep(float(params["seconds"]))

    sleep()

# The worker vanishes: it kills the process that looks after the task, and itself.
with DAG("vanishing", **ARGS):

    @task(retries=1, retry_delay=timedelta(seconds=2))
    def vanish(ti=None):
        if ti.try_number > 1:
            print("back again")
            return
        print("about to vanish", flush=True)
        time.sleep(3)
        for pid in (os.getppid(), os.getpid()):
            os.kill(pid, signal.SIGKILL)

    vanish()

AWKWARD = [
    "grüße, 世界 🚀",
    "quote ' and \" and back\\slash",
    "tab\there; esc \x1b[31mred\x1b[0m",
    "only 'single'",
    'only "double"',
    "literal \\n is not a newline",
    "nbsp\u00a0 zero-width\u200b bidi\u202e end",
    "long " + "x" * 100_000,
    "empty follows",
    "",
    "  indented",
    "*** looks like a header",
    " INFO - ::group::also not a header",
    "cr\rinside",
    "last line of text",
]

with DAG("text", **ARGS):

    @task
    def speak():
        for text in AWKWARD:
            print(text)

    speak()
