"""Devices: what driver and executors have, by settings and discovery scripts, and how tasks share them.

Spark's settings `spark.{driver,executor,task}.resource.NAME.*` are the only source. A discovery script prints
JSON: `{"name": "gpu", "addresses": ["0", "1"]}`. Invariant: only the program knows what an address means.
"""

import json
import subprocess
from collections.abc import Mapping
from typing import NamedTuple

from firesteel.errors.job import ArgumentError, FiresteelError
from firesteel.resource import ResourceInformation


class TaskResource(NamedTuple):
    """A kind of device as each executor has it, and how tasks share it."""

    name: str
    addresses: list[str]
    per_task: int
    """How many of the addresses a task has."""
    sharers: int
    """How many tasks share one."""

    @property
    def tasks(self) -> int:
        """How many tasks have enough of it at once."""
        return len(self.addresses) // self.per_task * self.sharers


def discovered(component: str, settings: Mapping[str, str]) -> dict[str, ResourceInformation]:
    """Return what the settings ask for, of `driver` or `executor`, as its discovery scripts find it."""
    prefix = f"spark.{component}.resource."
    return {name: _discover(name, prefix, settings) for name in _names(prefix, settings)}


def of_tasks(settings: Mapping[str, str]) -> list[TaskResource]:
    """Return what executors have and tasks share, by the settings of both."""
    of_executors = discovered("executor", settings)
    prefix = "spark.task.resource."
    asked = {name: _amount(prefix, name, settings) for name in _names(prefix, settings)}
    for name in asked.keys() - of_executors.keys():
        raise FiresteelError(
            f"No executor resource configs were specified for the following task configs: {name}"
        )
    shared = []
    for name, amount in asked.items():
        has = int(_amount("spark.executor.resource.", name, settings))
        if amount > has:
            raise FiresteelError(
                f"The executor resource: {name}, amount: {has} needs to be >= the task resource request "
                f"amount of {amount:g}"
            )
        addresses = of_executors[name].addresses[:has]
        whole = amount >= 1
        shared.append(
            TaskResource(name, addresses, int(amount) if whole else 1, 1 if whole else int(1 / amount))
        )
    return shared


def _names(prefix: str, settings: Mapping[str, str]) -> list[str]:
    found = (key.removeprefix(prefix) for key in settings if key.startswith(prefix))
    names = sorted({name.removesuffix(".amount") for name in found if name.endswith(".amount")})
    return [name for name in names if _amount(prefix, name, settings) > 0]


def _amount(prefix: str, name: str, settings: Mapping[str, str]) -> float:
    text = settings[f"{prefix}{name}.amount"]
    is_share = prefix == "spark.task.resource."
    try:
        amount = float(text) if is_share else int(text)
    except ValueError:
        raise ArgumentError(f'{prefix}{name}.amount must be a number, not "{text}"') from None
    if is_share and amount > 1 and amount % 1:
        raise ArgumentError(f"The resource amount {amount} must be either <= 1, or a whole number.")
    return amount


def _discover(name: str, prefix: str, settings: Mapping[str, str]) -> ResourceInformation:
    script = settings.get(f"{prefix}{name}.discoveryScript")
    if not script:
        raise FiresteelError(
            f"User is expecting to use resource: {name}, but didn't specify a discovery script!"
        )
    addresses = _printed_addresses(name, script)
    wanted = int(_amount(prefix, name, settings))
    if len(addresses) < wanted:
        raise ArgumentError(
            f"requirement failed: Resource: {name}, with addresses: {','.join(addresses)} is less than what "
            f"the user requested: {wanted})"
        )
    return ResourceInformation(name, addresses)


def _printed_addresses(name: str, script: str) -> list[str]:
    try:
        printed = subprocess.run(
            [script], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError) as error:
        raise FiresteelError(f"The discovery script {script} does not run: {error}") from None
    try:
        found = json.loads(printed.stdout)
        found_name, addresses = found["name"], [str(address) for address in found["addresses"]]
    except (ValueError, TypeError, KeyError):
        shown = f'{{"name": "{name}", "addresses": ["0", ...]}}, not {printed.stdout[:100]!r}'
        raise FiresteelError(f"The discovery script {script} must print {shown}") from None
    if found_name != name:
        raise FiresteelError(
            f"Error running the resource discovery script {script} returned resource name {found_name} and "
            f"we were expecting {name}."
        )
    return addresses
