"""What `make ui` serves, asked over its GraphQL API as the UI asks it."""

import signal
import subprocess

import httpx
import pytest
import stamina

from tests.servers import free_port

pytestmark = pytest.mark.xdist_group("synthetic_state")

DAY = "2026-03-04"


class NotYet(Exception):
    """The server is not up, or the run has not ended."""


def patiently(minutes: float):
    return stamina.retry_context(
        on=(NotYet, httpx.TransportError), attempts=None, timeout=minutes * 60, wait_initial=0.5, wait_max=2
    )


@pytest.fixture(scope="module")
def ask(synthetic_state, tmp_path_factory):
    """Asks a running `sifarat ui` a GraphQL query; the server is stopped by the process held here."""
    port = free_port()
    log = tmp_path_factory.mktemp("ui") / "ui.log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            [synthetic_state.command, "ui", "--port", str(port)],
            env=synthetic_state.environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    url = f"http://127.0.0.1:{port}/graphql"

    def ask(query: str, **variables) -> dict:
        answer = httpx.post(url, json={"query": query, "variables": variables}, timeout=60)
        body = answer.json()
        assert "errors" not in body, body["errors"]
        return body["data"]

    try:
        for attempt in patiently(minutes=2):
            with attempt:
                loaded = ask("{ repositoriesOrError { ... on RepositoryConnection { nodes { name } } } }")
                if not loaded["repositoriesOrError"].get("nodes"):
                    raise NotYet(log.read_text()[-2000:])
        yield ask
    finally:
        server.send_signal(signal.SIGINT)
        try:
            server.wait(60)
        finally:
            server.kill()


@pytest.fixture(scope="module")
def assets(ask) -> dict[str, dict]:
    """The asset graph by name."""
    found = ask(
        """{ assetNodes { assetKey { path } groupName description isPartitioned kinds
             dependencyKeys { path }
             assetChecksOrError { ... on AssetChecks { checks { name blocking } } }
             metadataEntries { label ... on TableSchemaMetadataEntry {
               schema { columns { name description } } } } } }"""
    )
    return {"/".join(node["assetKey"]["path"]): node for node in found["assetNodes"]}


@pytest.fixture(scope="module")
def repository(ask) -> dict[str, str]:
    """How GraphQL selects Sifarat's code location."""
    found = ask("{ repositoriesOrError { ... on RepositoryConnection { nodes { name location { name } } } } }")
    [node] = found["repositoriesOrError"]["nodes"]
    return {"repositoryName": node["name"], "repositoryLocationName": node["location"]["name"]}


def depends_on(assets: dict, name: str) -> set[str]:
    return {"/".join(key["path"]) for key in assets[name]["dependencyKeys"]}


def test_the_asset_graph_reads_from_extraction_to_publication(assets):
    assert {assets[name]["groupName"] for name in ("x/posts", "x/accounts", "platform_exports/posts")} == {"platforms"}
    assert assets["x/posts"]["isPartitioned"]
    assert depends_on(assets, "x/posts") == {"registry/accounts"}
    assert depends_on(assets, "staging/stg_x__posts") == {"x/posts", "staging/stg_landing__batches"}
    assert "intermediate/int_post_observations" in depends_on(assets, "marts/fct_post")
    assert "marts/fct_post" in depends_on(assets, "published/marts")
    assert {assets[f"marts/{mart}"]["groupName"] for mart in ("dim_mission", "fct_post", "capacity_by_course")} == {
        "marts"
    }


def test_every_asset_is_described_and_the_marts_columns_too(assets):
    external = {name for name in assets if name.startswith("landing/")}
    assert not [name for name, node in assets.items() if not node["description"] and name not in external]
    for mart in (name for name in assets if name.startswith("marts/")):
        [schema] = [entry["schema"] for entry in assets[mart]["metadataEntries"] if entry.get("schema")]
        assert schema["columns"], mart
        assert all(column["description"] for column in schema["columns"]), mart


def test_the_suites_stand_as_blocking_checks_beside_dbts_tests(assets):
    def checks(name: str) -> dict[str, bool]:
        return {check["name"]: check["blocking"] for check in assets[name]["assetChecksOrError"]["checks"]}

    for name in (
        "x/posts",
        "platform_exports/posts",
        "sheets/assessment_results",
        "marts/fct_post_metrics_daily",
        "marts/engagement_by_mission",
        "marts/capacity_by_course",
        "quality/reconciliation",
    ):
        assert any(checks(name).values()), name
    assert "grain_fct_post_post_id" in checks("marts/fct_post")


def test_the_nightly_schedule_runs_at_one_utc(ask, repository):
    found = ask(
        """query($repository: RepositorySelector!) { schedulesOrError(repositorySelector: $repository) {
             ... on Schedules { results { name cronSchedule executionTimezone pipelineName
             scheduleState { status } } } } }""",
        repository=repository,
    )
    [schedule] = found["schedulesOrError"]["results"]
    assert schedule == {
        "name": "nightly_at_one",
        "cronSchedule": "0 1 * * *",
        "executionTimezone": "UTC",
        "pipelineName": "nightly",
        "scheduleState": {"status": "RUNNING"},
    }


def test_the_job_launched_there_ends_well_and_publishes_its_day(ask, repository, synthetic_state):
    launched = ask(
        """mutation($params: ExecutionParams!) { launchRun(executionParams: $params) { __typename
             ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }""",
        params={
            "selector": repository | {"jobName": "nightly"},
            "runConfigData": {},
            "executionMetadata": {"tags": [{"key": "dagster/partition", "value": DAY}]},
        },
    )["launchRun"]
    assert launched["__typename"] == "LaunchRunSuccess", launched
    run_id = launched["run"]["runId"]
    for attempt in patiently(minutes=5):
        with attempt:
            status = ask("query($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }", id=run_id)
            if status["runOrError"]["status"] not in ("SUCCESS", "FAILURE", "CANCELED"):
                raise NotYet(status)
    assert status["runOrError"]["status"] == "SUCCESS"
    assert synthetic_state.query("select run_id from quality.publication") == [(run_id,)]
    assert synthetic_state.query("select max(observed_date)::varchar from marts.fct_post_metrics_daily") == [(DAY,)]
