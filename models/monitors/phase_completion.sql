-- Whether each expected processor of a phase has finished the anchor date, one row per processor.
-- For another phase, add a suite with its own variables phase, expected_processors, phase_due_time.

with {{ expected_windows('phase', dates=1) }},

processors as (

    select distinct as_of, verdict, reason, anchor_date, processor_name
    from expected
    cross join unnest(
        if(verdict = 'judge', {{ var('expected_processors') }}, [cast(null as string)])
    ) as processor_name

),

completions as (

    select game_date, processor_name, min({{ arrived_at('completed_at') }}) as completed_at
    from {{ source('nba_orchestration', 'phase_completions') }}
    where
        game_date {{ dates_read('phase', back=0) }}
        and phase = '{{ var("phase") }}'
        and status = 'success'
    group by game_date, processor_name

),

final as (

    select
        processors.as_of, processors.verdict, processors.reason, processors.anchor_date,
        processors.processor_name,
        if(verdict = 'judge', if(completions.completed_at <= as_of, 1, 0), null) as complete,
        if(verdict = 'judge', if(completions.completed_at <= as_of, 1, 0), null) as numerator,
        if(verdict = 'judge', 1, null) as denominator
    from processors
    left join completions
        on completions.game_date = processors.anchor_date
        and completions.processor_name = processors.processor_name

)

select * from final
