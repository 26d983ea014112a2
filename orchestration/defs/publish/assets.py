"""Publication: what passed its audit, copied into a file of its own and swapped in."""

import dagster as dg

from orchestration.defs.resources import Feeds
from orchestration.defs.warehouse.assets import warehouse

AUDITED = [key for key in warehouse.keys if key.path[0] in ("marts", "quality")]


@dg.asset(
    key=["published", "marts"],
    group_name="publish",
    kinds={"duckdb"},
    deps=AUDITED,
    description="The marts and quality schemas of one audited build, in data/published/current.duckdb.",
)
def published_marts(context: dg.AssetExecutionContext, feeds: Feeds) -> dg.MaterializeResult:
    """Runs only when every blocking check passed; otherwise the last good publication stays."""
    publications = feeds.publications()
    rows = publications.publish(feeds.settings.warehouse, context.run_id, is_synthetic=feeds.is_synthetic)
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": sum(rows.values()),
            "file": dg.MetadataValue.path(str(publications.current)),
            "is_synthetic": feeds.is_synthetic,
            "rows": rows,
        }
    )
