"""What driver and executors have, by settings, profiles and discovery scripts, and what tasks ask for.

The sources are Spark's settings, `spark.task.cpus` and `spark.{driver,executor,task}.resource.NAME.*`, and
the profiles that `withResources` was given. A discovery script prints JSON, such as
`{"name": "gpu", "addresses": ["0", "1"]}`.
Invariant: only the program knows what an address means.
"""

import json
import subprocess
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from firesteel.errors.job import ArgumentError, FiresteelError
from firesteel.resource import ResourceInformation, ResourceProfile

CPUS = "cpus"
"""What a task asks for besides devices."""
NO_DEVICES = {"cores", "memory", "memoryOverhead", "offHeap", "pyspark.memory"}
"""What executors are asked for besides devices."""
BILLIONTH, MOST = "1e-9", 2_147_483_647
"""The least and the most that a task can ask for."""


def discovered(component: str, settings: Mapping[str, str]) -> dict[str, ResourceInformation]:
    """Return what the settings ask for, of `driver` or `executor`, as its discovery scripts find it."""
    prefix = f"spark.{component}.resource."
    return {name: _discover(name, prefix, settings) for name in _names(prefix, settings)}


def of_executors(settings: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the addresses that each executor has of each kind: as many as the settings say."""
    found = discovered("executor", settings)
    prefix = "spark.executor.resource."
    return {name: kind.addresses[: int(_amount(prefix, name, settings))] for name, kind in found.items()}


def of_tasks(settings: Mapping[str, str]) -> dict[str, float]:
    """Return how many of each kind a task asks for, by the settings; a share of one is below 1."""
    prefix = "spark.task.resource."
    return {name: _amount(prefix, name, settings) for name in _names(prefix, settings)}


def task_cpus(setting: str, cores: int) -> float:
    """Return how many of the cores each task counts for: `spark.task.cpus`, which may be a share of one."""
    exact = _exact(setting)
    if exact is None:
        raise ArgumentError(
            f'spark.task.cpus must be a number above 0, with nine decimal places at most, not "{setting}"'
        )
    if exact > cores:
        raise FiresteelError(
            f"The number of cores per executor (={cores}) has to be >= the number of cpus per task "
            f"= {setting}."
        )
    return float(exact)


def _exact(number: str) -> Decimal | None:
    """Return an amount that a task can ask for."""
    try:
        exact = Decimal(number)
        return exact if 0 < exact <= MOST and not exact % Decimal(BILLIONTH) else None
    except InvalidOperation:  # no number, or NaN
        return None


class Executor(NamedTuple):
    """What an executor has."""

    cores: int
    memory: int
    """In bytes."""
    devices: dict[str, list[str]]
    """The addresses of each kind."""


def own_executor(profile: ResourceProfile, usual: Executor) -> Executor:
    """Return what each executor has that a profile asks for; what it does not say is as usual.

    Raises
    ------
    FiresteelError
        When a discovery script is missing, does not run or does not find enough.
    ArgumentError
        When an amount is none.
    """
    asked = profile.executorResources
    for name, request in asked.items():
        if not 1 <= request.amount <= MOST:
            raise ArgumentError(f"The {name} amount {request.amount} must be at least 1 and at most {MOST}.")
    cores = int(asked["cores"].amount) if "cores" in asked else usual.cores
    memory = int(asked["memory"].amount) << 20 if "memory" in asked else usual.memory
    found = {
        name: _discovered(name, request.discoveryScript, int(request.amount)).addresses[: int(request.amount)]
        for name, request in asked.items()
        if name not in NO_DEVICES
    }
    return Executor(cores, memory, found)


def of_profile(profile: ResourceProfile, executor: Executor, cpus: float) -> dict[str, float]:
    """Return what a profile asks for, for each task: processors, as usual where it does not say, and devices.

    Raises
    ------
    FiresteelError
        When no executor could ever run such a task.
    ArgumentError
        When an amount is none.
    """
    asked = {CPUS: cpus, **{name: request.amount for name, request in profile.taskResources.items()}}
    for name, amount in asked.items():
        if not float(BILLIONTH) <= amount <= MOST:
            raise ArgumentError(
                f"The {name} amount {amount} must be at least {BILLIONTH} and at most {MOST}."
            )
    if asked[CPUS] > executor.cores:
        raise FiresteelError(
            f"The number of cores per executor (={executor.cores}) has to be >= the number of cpus per task "
            f"= {asked[CPUS]:g}."
        )
    check({name: _whole_or_share(amount) for name, amount in asked.items() if name != CPUS}, executor.devices)
    return asked


def check(asked: Mapping[str, float], devices: Mapping[str, list[str]]) -> None:
    """Raise FiresteelError if tasks ask for more devices than an executor has."""
    for name, amount in asked.items():
        if name not in devices:
            raise FiresteelError(
                f"No executor resource configs were specified for the following task configs: {name}"
            )
        if amount > len(devices[name]):
            raise FiresteelError(
                f"The executor resource: {name}, amount: {len(devices[name])} needs to be >= the task "
                f"resource request amount of {amount:g}"
            )


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
    return _whole_or_share(amount)


def _whole_or_share(amount: float) -> float:
    if amount > 1 and amount % 1:
        raise ArgumentError(f"The resource amount {amount} must be either <= 1, or a whole number.")
    return amount


def _discover(name: str, prefix: str, settings: Mapping[str, str]) -> ResourceInformation:
    script = settings.get(f"{prefix}{name}.discoveryScript", "")
    return _discovered(name, script, int(_amount(prefix, name, settings)))


def _discovered(name: str, script: str, wanted: int) -> ResourceInformation:
    if not script:
        raise FiresteelError(
            f"User is expecting to use resource: {name}, but didn't specify a discovery script!"
        )
    addresses = _printed_addresses(name, script)
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
