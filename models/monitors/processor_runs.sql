-- How the runs of each watched processor (`watched_processors`) ended since `since`, one row per processor.

with processors as (

    select as_of, processor_name
    from {{ ref('evaluations') }}
    cross join unnest({{ var('watched_processors') }}) as processor_name

),

runs as (

    select processor_name, status, started_at
    from {{ source('nba_reference', 'processor_run_history') }}
    where
        -- a recent run may be for an earlier day, up to a week back
        data_date between date_sub(cast('{{ var("first_date") }}' as date), interval 8 day)
            and cast('{{ var("last_date") }}' as date)
        and started_at > cast('{{ var("since") }}' as timestamp)

),

seen as (

    select
        processors.as_of, processors.processor_name,
        count(runs.started_at) as runs,
        sum(if(runs.status = 'failed', 1, 0)) as failed,
        max(if(runs.status = 'failed', runs.started_at, null)) as last_failed_at,
        max(if(runs.status = 'success', runs.started_at, null)) as last_succeeded_at
    from processors
    left join runs
        on runs.processor_name = processors.processor_name
        and runs.started_at <= processors.as_of
    group by processors.as_of, processors.processor_name

),

totals as (

    select *, sum(runs) over (partition by as_of) as all_runs
    from seen

),

final as (

    select
        as_of,
        if(all_runs = 0, 'skip', 'judge') as verdict,
        if(all_runs = 0, 'none of the processors has run since', null) as reason,
        processor_name,
        failed,
        if(
            last_failed_at is not null
            and (last_succeeded_at is null or last_succeeded_at < last_failed_at),
            1, 0
        ) as still_failing,
        failed as numerator,
        runs as denominator
    from totals
    where all_runs = 0 or runs > 0

)

select * from final
