"""The Locust file: importing users against any running importer, by hand or under the harness.

By hand, with the web interface on http://127.0.0.1:8089 (``--web-host`` changes that)::

    locust -f loadtests/scenarios/locustfile.py --host http://127.0.0.1:8000

Each user imports 500 games of player1, player2 ... again and again; ``LOAD_GAMES``, ``LOAD_USERS`` and the other
variables of ``loadtests/orders.py`` change that.
"""

from collections.abc import Callable
from typing import Any

from locust import events
from locust.argument_parser import LocustArgumentParser
from locust.env import Environment
from locust.event import EventHook

from loadtests.scenarios.crew import conductor as conductor_for
from loadtests.scenarios.rows import RowsFile
from loadtests.scenarios.settings import read_orders
from loadtests.scenarios.users import BY_SCENARIO, MeasuredUser
from loadtests.scenarios.visitors import Visitor, measured, note_error, note_request

ORDERS = read_orders()
# Locust runs every user class that it finds in this module, hence those that were ordered alone.
if ORDERS.locust_file is not None:
    globals().update(measured(ORDERS.locust_file))
else:
    OrderedUser = BY_SCENARIO[ORDERS.scenario]


def keep_to_this_machine(parser: LocustArgumentParser, **_: Any) -> None:
    """Offer the web interface on loopback only; under the harness, let nothing but the command line count."""
    parser.set_defaults(web_host="127.0.0.1")
    if ORDERS.held:
        # A person's own LOCUST_* variables and locust.conf must not bend a measured trial.
        parser._default_config_files = []  # noqa: SLF001
        for action in parser._actions:  # noqa: SLF001
            action.env_var = None


def connect(environment: Environment, **_: Any) -> None:
    """Give the users their conductor, and the conductor Locust's own beginning and end."""
    conductor = conductor_for(ORDERS, environment, RowsFile(ORDERS.rows_file))
    MeasuredUser.conductor = Visitor.conductor = conductor
    if ORDERS.locust_file is not None:
        _listen(environment.events.request, lambda **told: note_request(conductor, told))
        _listen(environment.events.user_error, lambda **told: note_error(told))
    _listen(environment.events.test_start, lambda **_: conductor.begin())
    _listen(environment.events.test_stopping, lambda **_: conductor.stop())
    _listen(environment.events.test_stop, lambda **_: conductor.end())


def _listen(hook: EventHook, listener: Callable[..., None]) -> None:
    hook.add_listener(listener)  # type: ignore[no-untyped-call]  # Locust gives this method no types


_listen(events.init_command_line_parser, keep_to_this_machine)
_listen(events.init, connect)
