"""DAGs that end quickly, fail, retry, skip, fan out, or defer."""

from __future__ import annotations

import time
from datetime import timedelta

from common import ARGS, DAG, BaseOperator, EmptyOperator, TriggerDagRunOperator, mapped_task, skip, task

with DAG("quick", **ARGS):

    @task
    def hello():
        print("hello from quick")
        return 42

    @task
    def bye():
        print("bye from quick")

    hello() >> bye()

with DAG("flaky", **ARGS):

    @task(retries=2, retry_delay=timedelta(seconds=3))
    def fails_twice(ti=None):
        attempt = ti.try_number
        print(f"attempt {attempt} starts")
        if attempt < 3:
            raise RuntimeError(f"attempt {attempt} fails on purpose")
        print("third time lucky")

    fails_twice()

with DAG("mapped", **ARGS):

    @task
    def numbers():
        return [1, 2, 3, 4, 5]

    @mapped_task("{{ n }}")
    def square(n):
        print(f"square of {n} is {n * n}")
        if n == 4:
            raise ValueError("four is unlucky")

    square.expand(n=numbers())

# Until the first task is over, the mapped one is a single row without a map index.
with DAG("expanding", **ARGS):

    @task
    def split():
        time.sleep(4)
        return ["a", "b", "c", "d"]

    @mapped_task("{{ name }}")
    def part(name):
        for line in range(3):
            print(f"part {name}, line {line}", flush=True)
            time.sleep(0.5)

    @task
    def join():
        print("joined")

    part.expand(name=split()) >> join()


class Deferring(BaseOperator):
    """Hands over to the triggerer for five seconds."""

    def execute(self, context):
        from airflow.triggers.temporal import TimeDeltaTrigger

        self.log.info("before deferral")
        self.defer(trigger=TimeDeltaTrigger(timedelta(seconds=5)), method_name="resume")

    def resume(self, context, event=None):
        self.log.info("after deferral")


with DAG("deferred", **ARGS):
    Deferring(task_id="waits")

with DAG("wide", **ARGS):
    for number in range(150):
        EmptyOperator(task_id=f"t{number:03d}")

with DAG("links", **ARGS):
    TriggerDagRunOperator(task_id="trigger", trigger_dag_id="quick")

with DAG("failing", **ARGS):

    @task
    def fails():
        raise ValueError("fails on purpose")

    @task
    def never():
        print("never printed")

    fails() >> never()

with DAG("skips", **ARGS):

    @task
    def skipped():
        skip()

    skipped()

# Airflow takes letters of any script in its ids.
with DAG("größe", **ARGS):

    @task(task_id="messen.µ-1")
    def measure():
        print("gemessen")

    measure()
