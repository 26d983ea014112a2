-- What was received is what was landed, put into quarantine or repeated; what was landed is what stands in a fact
-- or was superseded by a later observation of the same thing. Each number is counted where it lies.
{% set modelled = {
    ('platform_exports', 'posts'): ('fct_post_metrics_daily', 'int_post_observations', 'is_last_of_day', 'true'),
    ('sheets', 'registrations'): ('fct_registration', 'int_registrations', 'is_last', 'true'),
    ('sheets', 'assessment_results'): ('fct_assessment', 'int_assessment_results', 'is_last', 'true'),
    ('sheets', 'nominations'): ('fct_nomination', 'int_nominations', 'is_last', 'true'),
    ('sheets', 'test_results'): ('fct_test_result', 'int_test_results', 'is_last', 'true'),
    ('sheets', 'certificates'): ('fct_certification', 'int_certificates', 'is_last', 'true'),
} %}
{% set several_sources = [
    'int_post_observations', 'int_account_observations', 'int_registrations', 'int_assessment_results',
] %}
{% set staged = [
    ('registry', 'missions'), ('registry', 'accounts'), ('platform_exports', 'posts'), ('sheets', 'courses'),
    ('sheets', 'registrations'), ('sheets', 'assessments'), ('sheets', 'assessment_results'),
    ('xapi', 'statements'),
    ('moodle', 'courses'), ('moodle', 'enrolments'), ('moodle', 'completions'), ('moodle', 'grades'),
    ('sheets', 'sessions'), ('sheets', 'sign_ins'), ('zoom', 'participants'), ('teams', 'participants'),
    ('sheets', 'nominations'), ('sheets', 'test_results'), ('sheets', 'certificates'), ('sheets', 'staff'),
    ('identity', 'people'),
    ('enrichment', 'texts'), ('enrichment', 'embeddings'), ('enrichment', 'duplicates'),
] %}
{% for platform, further in var('platforms').items() %}
{% do modelled.update({
    (platform, 'posts'): ('fct_post_metrics_daily', 'int_post_observations', 'is_last_of_day', 'true'),
    (platform, 'accounts'): ('fct_account_daily', 'int_account_observations', 'is_last_of_day', 'is_observed'),
}) %}
{% for table_name in ['accounts', 'posts', 'timelines'] + further %}
{% do staged.append((platform, table_name)) %}
{% endfor %}
{% endfor %}

with ledger as (

    select
        source,
        table_name,
        observed_date,
        sum(received) as received,
        sum(landed) as landed,
        sum(quarantined) as quarantined,
        sum(repeated) as repeated,
        sum(warned) as warned,
        sum(erased) as erased
    from {{ ref('stg_landing__batches') }}
    group by source, table_name, observed_date

),

landed_rows as (

    {% for source_name, table_name in staged %}
    select
        '{{ source_name }}' as source,
        '{{ table_name }}' as table_name,
        observed_date,
        count(*) as landed_rows
    from {{ ref('stg_' ~ source_name ~ '__' ~ table_name) }}
    group by observed_date
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

quarantined_records as (

    select
        quarantine.source,
        quarantine.table_name,
        quarantine.observed_date,
        count(distinct quarantine.batch_id || ' ' || quarantine.record_number) as quarantined_records
    from {{ ref('stg_landing__quarantine') }} as quarantine
    inner join {{ ref('stg_landing__batches') }} as batches
        on
            quarantine.source = batches.source
            and quarantine.table_name = batches.table_name
            and quarantine.batch_id = batches.batch_id
            and quarantine.observed_date = batches.observed_date
    group by quarantine.source, quarantine.table_name, quarantine.observed_date

),

modelled as (

    {% for (source_name, table_name), (fact, observations, is_last, counts) in modelled.items() %}
    select
        '{{ source_name }}' as source,
        '{{ table_name }}' as table_name,
        {{ 'activity_date' if fact == 'fct_account_daily' else 'observed_date' }} as observed_date,
        count(*) as modelled
    from {{ ref(fact) }}
    where source = '{{ source_name }}' and {{ counts }}
    group by observed_date
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

superseded as (

    {% for (source_name, table_name), (fact, observations, is_last, counts) in modelled.items() %}
    select
        '{{ source_name }}' as source,
        '{{ table_name }}' as table_name,
        observed_date,
        count(*) filter (where not {{ is_last }}) as superseded
    from {{ ref(observations) }}
    {% if observations in several_sources %}
    where source = '{{ source_name }}'
    {% endif %}
    group by observed_date
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

compared as (

    select
        ledger.source,
        ledger.table_name,
        ledger.observed_date,
        ledger.received,
        ledger.landed,
        coalesce(landed_rows.landed_rows, 0) as landed_rows,
        ledger.quarantined,
        coalesce(quarantined_records.quarantined_records, 0) as quarantined_records,
        ledger.repeated,
        ledger.warned,
        ledger.erased,
        (ledger.source, ledger.table_name) in ({{ modelled.keys() | map('string') | join(', ') }}) as feeds_a_fact,
        superseded.superseded,
        modelled.modelled
    from ledger
    {% for other in ['landed_rows', 'quarantined_records', 'superseded', 'modelled'] %}
    left join {{ other }}
        on
            ledger.source = {{ other }}.source
            and ledger.table_name = {{ other }}.table_name
            and ledger.observed_date = {{ other }}.observed_date
    {% endfor %}

)

select
    source,
    table_name,
    observed_date,
    cast(received as bigint) as received,
    cast(landed as bigint) as landed,
    landed_rows,
    cast(quarantined as bigint) as quarantined,
    quarantined_records,
    cast(repeated as bigint) as repeated,
    cast(warned as bigint) as warned,
    cast(erased as bigint) as erased,
    case when feeds_a_fact then coalesce(superseded, 0) end as superseded,
    case when feeds_a_fact then coalesce(modelled, 0) end as modelled,
    received = landed + quarantined + repeated
    and landed = landed_rows
    and quarantined = quarantined_records
    and (not feeds_a_fact or landed_rows = coalesce(superseded, 0) + coalesce(modelled, 0)) as is_reconciled
from compared
