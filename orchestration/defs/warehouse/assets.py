"""The dbt project: staging, intermediate and marts, one asset per model, its tests as checks."""

from collections.abc import Mapping
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtCliResource, dbt_assets

from orchestration.dbt import project_checksum
from orchestration.defs.resources import Feeds, dbt_project
from orchestration.pseudonyms import make_key_once


class Stages(DagsterDbtTranslator):
    """Assets grouped as the flow is drawn: by stage, as dbt's folders name them."""

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        if dbt_resource_props["resource_type"] == "model":
            return dbt_resource_props["fqn"][1]
        return super().get_group_name(dbt_resource_props)


@dbt_assets(manifest=dbt_project.manifest_path, project=dbt_project, dagster_dbt_translator=Stages(), name="warehouse")
def warehouse(context: dg.AssetExecutionContext, dbt: DbtCliResource, feeds: Feeds):
    """Build every model and run its data tests, in one dbt invocation; incremental models from nothing where the
    project has changed since the last whole build. Raises when a model or a test fails."""
    make_key_once(feeds.settings.pseudonym_key)
    built_by, checksum = feeds.settings.data_dir / "warehouse.built_by", project_checksum()
    is_changed = not built_by.exists() or built_by.read_text() != checksum
    if is_changed:
        # A build that fails midway leaves tables of both: the next one begins anew, by whatever rules.
        built_by.unlink(missing_ok=True)
    yield from dbt.cli(
        # Unit tests prove the SQL, not the night's data: `make test` runs them.
        ["build", "--exclude-resource-type", "unit_test", *(["--full-refresh"] if is_changed else [])],
        context=context,
        # One folder for all runs: what dbt parsed last night need not be parsed again.
        target_path=feeds.settings.data_dir / "dbt",
    ).stream()
    if not context.is_subset:
        built_by.write_text(checksum)
