"""What differs between Airflow 2 and 3, so that each DAG is written once."""

from __future__ import annotations

from datetime import datetime

try:
    from airflow.sdk import DAG, BaseOperator, task
except ImportError:
    from airflow import DAG
    from airflow.decorators import task
    from airflow.models.baseoperator import BaseOperator

try:
    from airflow.providers.standard.operators.empty import EmptyOperator
    from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
except ImportError:
    from airflow.operators.empty import EmptyOperator
    from airflow.operators.trigger_dagrun import TriggerDagRunOperator

__all__ = [
    "ARGS",
    "DAG",
    "BaseOperator",
    "EmptyOperator",
    "TriggerDagRunOperator",
    "mapped_task",
    "skip",
    "task",
]

ARGS = {"start_date": datetime(2024, 1, 1), "schedule": None, "catchup": False}


def mapped_task(template):
    """A task whose instances are named by a template, where Airflow knows that (2.9)."""
    from airflow import __version__

    major, minor = (int(part) for part in __version__.split(".")[:2])
    return task(map_index_template=template) if (major, minor) >= (2, 9) else task


def skip():
    from airflow.exceptions import AirflowSkipException

    raise AirflowSkipException("skipped on purpose")
