"""Measures over installed evaluation sets: a task file says which records it takes and how it asks them."""

from glaswerk.evaluate.tasks.measures import measure_tasks
from glaswerk.evaluate.tasks.task import Task, read_task

__all__ = ["Task", "measure_tasks", "read_task"]
