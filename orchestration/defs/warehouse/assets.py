"""The dbt project: staging, intermediate and marts, one asset per model, its tests as checks."""

from collections.abc import Mapping
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtCliResource, dbt_assets

from orchestration.defs.resources import dbt_project


class Stages(DagsterDbtTranslator):
    """Assets grouped as the flow is drawn: by stage, as dbt's folders name them."""

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        if dbt_resource_props["resource_type"] == "model":
            return dbt_resource_props["fqn"][1]
        return super().get_group_name(dbt_resource_props)


@dbt_assets(manifest=dbt_project.manifest_path, project=dbt_project, dagster_dbt_translator=Stages(), name="warehouse")
def warehouse(context: dg.AssetExecutionContext, dbt: DbtCliResource):
    """Build every model and run its tests, in one dbt invocation."""
    yield from dbt.cli(["build"], context=context).stream()
