"""How a landed table shows in Dagster: one asset per table, its receipts as metadata."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import dagster as dg

from orchestration.contracts import Contract
from orchestration.landing import Receipt


def landed_spec(contract: Contract, *, group: str, kind: str, deps: Iterable[dg.AssetKey] = ()) -> dg.AssetSpec:
    """The asset of a landed table, with the contract as its column schema."""
    columns = [
        dg.TableColumn(
            f.name,
            str(f.dtype),
            constraints=dg.TableColumnConstraints(nullable=f.name not in contract.required),
        )
        for f in contract.fields
    ]
    return dg.AssetSpec(
        key_of(contract),
        group_name=group,
        kinds={kind, "parquet"},
        description=contract.description,
        deps=list(deps),
        metadata={"dagster/column_schema": dg.TableSchema(columns)},
    )


def key_of(contract: Contract) -> dg.AssetKey:
    return dg.AssetKey([contract.source, contract.table])


MOST_TOLD = 50
"""Findings that a check's description holds; the run's log has all."""


def judged_results(
    contracts: Sequence[Contract], receipts: Iterable[Receipt], check: str, told: Sequence[str], otherwise: str
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """The results of a reading, and its warning check on the first table: failed where something is ``told`` of it,
    else described by ``otherwise``."""
    yield from results(contracts, receipts)
    yield dg.AssetCheckResult(
        asset_key=key_of(contracts[0]),
        check_name=check,
        passed=not told,
        severity=dg.AssetCheckSeverity.WARN,
        description="; ".join(told[:MOST_TOLD]) or otherwise,
        metadata={"findings": len(told)},
    )


def results(
    contracts: Iterable[Contract], receipts: Iterable[Receipt], figures: Mapping[str, int | float] | None = None
) -> Iterator[dg.MaterializeResult]:
    """One result per table; one that got nothing is told so, with zeros. The first bears the ``figures`` of the
    reading as a whole, such as its cost."""
    receipts, of_reading = list(receipts), {f"reading/{name}": figure for name, figure in (figures or {}).items()}
    for contract in contracts:
        own = [receipt for receipt in receipts if receipt.contract.name == contract.name]
        yield dg.MaterializeResult(
            asset_key=key_of(contract),
            metadata={
                "dagster/row_count": sum(receipt.landed for receipt in own),
                "received": sum(receipt.received for receipt in own),
                "quarantined": sum(receipt.quarantined for receipt in own),
                "repeated": sum(receipt.repeated for receipt in own),
                "warned": sum(receipt.warned for receipt in own),
                "days_observed": sorted({str(receipt.day) for receipt in own}),
                "files": sorted({receipt.source_file for receipt in own}),
                **of_reading,
            },
        )
        of_reading = {}
