"""The import contracts of pyproject.toml hold, and each of them catches what it is there for."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import grimp
import pytest
from importlinter import api
from importlinter.contracts.forbidden import ForbiddenContract
from importlinter.contracts.independence import IndependenceContract
from importlinter.contracts.layers import LayersContract

CONTRACTS = {
    "layers": LayersContract,
    "forbidden": ForbiddenContract,
    "independence": IndependenceContract,
}
PYPROJECT = str(Path(__file__).parents[2] / "pyproject.toml")


@pytest.fixture(scope="module")
def configuration() -> dict[str, Any]:
    return dict(api.read_configuration(PYPROJECT))


@pytest.fixture(scope="module")
def graph(configuration: dict[str, Any]) -> grimp.ImportGraph:
    session = configuration["session_options"]
    return grimp.build_graph(*session["root_packages"], include_external_packages=True,
                             cache_dir=None)


def broken(configuration: dict[str, Any], graph: grimp.ImportGraph) -> list[str]:
    """The names of the contracts that do not hold in this graph."""
    session = configuration["session_options"]
    names = []
    for options in configuration["contracts_options"]:
        contract = CONTRACTS[options["type"]](
            name=options["name"], session_options=session, contract_options=options)
        if not contract.check(copy.deepcopy(graph), verbose=False).kept:
            names.append(options["name"])
    return names


def test_every_contract_is_kept(configuration: dict[str, Any], graph: grimp.ImportGraph):
    assert broken(configuration, graph) == []


@pytest.mark.parametrize(("importer", "imported", "caught_by"), [
    ("drivers.port", "station.domain.orders", "web -> station -> drivers, never back"),
    ("station.domain.orders", "web.words", "web -> station -> drivers, never back"),
    ("simulators.scale", "drivers.interfaces",
     "simulators are a second witness: they share no line with what they test"),
    ("station.jobs", "simulators.scale", "nothing that ships imports a simulator"),
    ("station.services.intake", "station.bootstrap", "inside the station"),
    ("station.paper.waybill", "station.db.models", "inside the station"),
    ("station.domain.orders", "station.services.stock", "inside the station"),
    ("station.config.settings", "station.domain.vocabulary", "settings import nothing of ours"),
    ("station.domain.orders", "sqlalchemy", "the domain is plain Python"),
    ("station.domain.orders", "drivers.interfaces", "the domain is plain Python"),
    ("station.services.weighing", "drivers.port", "services know drivers only by their interfaces"),
    ("station.orders.taobao", "serial", "services know drivers only by their interfaces"),
    ("web.app", "station.db.models", "web is thin: no SQL, no ports"),
    ("web.app", "sqlalchemy", "web is thin: no SQL, no ports"),
    ("web.app", "drivers.port", "web is thin: no SQL, no ports"),
    ("drivers.scale.st_gs", "drivers.scanner.framing", "device families do not know each other"),
    ("drivers.camera.reader", "drivers.scanner.framing", "device families do not know each other"),
    ("station.carriers.sto", "station.carriers.sf", "carriers do not know each other"),
    ("station.orders.taobao", "station.orders.webhook", "order sources do not know each other"),
    ("drivers.scale.st_gs", "serial", "only drivers/port.py opens a serial port"),
    ("drivers.camera.sources", "serial", "only drivers/port.py opens a serial port"),
])
def test_a_planted_import_is_caught(
    configuration: dict[str, Any], graph: grimp.ImportGraph,
    importer: str, imported: str, caught_by: str,
):
    assert {importer, imported} <= graph.modules
    planted = copy.deepcopy(graph)
    planted.add_import(importer=importer, imported=imported)
    assert caught_by in broken(configuration, planted)


def test_a_room_that_is_on_no_layer_is_caught(
    configuration: dict[str, Any], graph: grimp.ImportGraph
):
    planted = copy.deepcopy(graph)
    planted.add_module("station.cupboard")
    assert "inside the station" in broken(configuration, planted)


def test_every_contract_has_its_planted_import(configuration: dict[str, Any]):
    marked = test_a_planted_import_is_caught.pytestmark[0].args[1]
    caught = {name for _, _, name in marked}
    assert caught == {options["name"] for options in configuration["contracts_options"]}
