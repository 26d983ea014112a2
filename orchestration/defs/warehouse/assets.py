"""The dbt project: staging, intermediate and marts, one asset per model, its tests as checks."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, dbt_assets
from dagster_dbt.asset_utils import get_updated_cli_invocation_params_for_context
from dagster_dbt.core.dbt_cli_event import DbtCoreCliEventMessage

from orchestration.dbt import project_checksum, run_dbt
from orchestration.defs.resources import Feeds, dbt_project
from orchestration.pseudonyms import make_key_once


class Stages(DagsterDbtTranslator):
    """Assets grouped as the flow is drawn: by stage, as dbt's folders name them."""

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        if dbt_resource_props["resource_type"] == "model":
            return dbt_resource_props["fqn"][1]
        return super().get_group_name(dbt_resource_props)


@dbt_assets(manifest=dbt_project.manifest_path, project=dbt_project, dagster_dbt_translator=Stages(), name="warehouse")
def warehouse(context: dg.AssetExecutionContext, feeds: Feeds):
    """Build every model and run its data tests, in one dbt invocation; incremental models from nothing where the
    project has changed since the last whole build. Raises DbtError when a model or a test fails."""
    settings = feeds.settings
    make_key_once(settings.pseudonym_key)
    built_by, checksum = settings.data_dir / "warehouse.built_by", project_checksum()
    is_changed = not built_by.exists() or built_by.read_text() != checksum
    if is_changed:
        # A build that fails midway leaves tables of both: the next one begins anew, by whatever rules.
        built_by.unlink(missing_ok=True)
    # What Dagster asks dbt for: all, or the part that a person has picked.
    asked = get_updated_cli_invocation_params_for_context(context, {}, Stages())
    arguments = [
        # Unit tests prove the SQL, not the night's data: `make test` runs them.
        *("build", "--exclude-resource-type", "unit_test"),
        *(["--full-refresh"] if is_changed else []),
        *(["--indirect-selection", asked.indirect_selection] if asked.indirect_selection else []),
        *asked.selection_args,
    ]
    # Of a large part Dagster makes a copy of the project that names it.
    project = asked.dbt_project or dbt_project
    for result in run_dbt(arguments, settings, Path(project.project_dir)):
        yield from DbtCoreCliEventMessage(result, {}).to_default_asset_events(
            asked.manifest, asked.dagster_dbt_translator, context, project=project
        )
    if not context.is_subset:
        built_by.write_text(checksum)
