"""Publication: what passed its audit, copied into a file of its own and swapped in."""

from datetime import timedelta

import dagster as dg

from expectations.pages import write_pages
from expectations.suites import landed, modelled
from orchestration.defs.resources import Feeds
from orchestration.defs.warehouse.assets import warehouse
from orchestration.settings import load_settings

AUDITED = [key for key in warehouse.keys if key.path[0] in ("marts", "quality")]


@dg.asset(
    key=["published", "marts"],
    group_name="publish",
    kinds={"duckdb"},
    deps=AUDITED,
    freshness_policy=dg.FreshnessPolicy.time_window(
        fail_window=timedelta(hours=load_settings().stale_after_hours),
    ),
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


@dg.asset(
    key=["published", "data_docs"],
    group_name="publish",
    kinds={"greatexpectations"},
    deps=[published_marts],
    description="Great Expectations' Data Docs of the publication's checks, a static site in data/data_docs/.",
)
def data_docs(context: dg.AssetExecutionContext, feeds: Feeds) -> dg.MaterializeResult:
    """After publication, so that nobody waits for it; only pages whose verdicts changed are rendered."""
    folder = feeds.settings.data_dir / "data_docs"
    try:
        index, rendered = write_pages(feeds.publications().current, folder, (*landed.SUITES, *modelled.SUITES))
    except Exception as error:
        # The marts are published by now: a page that cannot be rendered must not make their night a failed one.
        context.log.warning("Data Docs in %s are those of an earlier night: %s", folder, error)
        return dg.MaterializeResult(metadata={"error": str(error)})
    return dg.MaterializeResult(
        metadata={"data docs": dg.MetadataValue.url(index.as_uri()), "pages rendered": rendered}
    )
