-- Whether each recorded run of a processor for the anchor date succeeded, one row per run.

with {{ expected_windows('grades', dates=1) }},

dates as (

    select distinct as_of, verdict, reason, anchor_date
    from expected

),

recorded as (

    select
        data_date, processor_name, run_id,
        coalesce(status = 'success', false) as is_success,
        {{ arrived_at('started_at') }} as started_at,
        -- a row without an id is a run of its own
        if(run_id is null, row_number() over (
            partition by data_date, processor_name, run_id order by {{ arrived_at('started_at') }}
        ), 0) as place
    from {{ source('nba_reference', 'processor_run_history') }}
    where data_date {{ dates_read('grades', back=0) }}

),

runs as (

    select
        data_date, processor_name,
        min(started_at) as started_at,
        logical_or(is_success) as is_success
    from recorded
    group by data_date, processor_name, run_id, place

),

started as (

    select
        dates.as_of, dates.anchor_date, runs.processor_name, runs.is_success,
        if(dates.verdict = 'judge' and runs.started_at is null, 'unknown', dates.verdict) as verdict,
        if(
            dates.verdict = 'judge' and runs.started_at is null,
            concat('no runs recorded for ', cast(dates.anchor_date as string)),
            dates.reason
        ) as reason
    from dates
    left join runs
        on runs.data_date = dates.anchor_date
        and runs.started_at <= dates.as_of

),

final as (

    -- no game in the calendar: processors that ran anyway don't count
    select distinct
        as_of, verdict, reason, anchor_date,
        cast(null as string) as processor_name,
        cast(null as float64) as success_pct,
        cast(null as int64) as numerator,
        cast(null as int64) as denominator
    from started
    where verdict != 'judge'
    union all
    select
        as_of, verdict, reason, anchor_date,
        processor_name,
        if(is_success, 100.0, 0.0),
        if(is_success, 1, 0),
        1
    from started
    where verdict = 'judge'

)

select * from final
