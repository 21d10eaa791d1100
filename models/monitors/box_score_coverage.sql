-- Box scores of the anchor date, as the run that wrote them counted them, against its final games; one row.

with {{ expected_windows('phase', dates=1) }},

{{ judged_on_final_games() }},

dates as (

    select distinct as_of, verdict, reason, anchor_date, calendar_games, final_games
    from judged

),

completions as (

    select game_date, record_count, {{ arrived_at('completed_at') }} as completed_at
    from {{ source('nba_orchestration', 'phase_completions') }}
    where
        game_date {{ dates_read('phase', back=0) }}
        and phase = '{{ var("phase") }}'
        and processor_name = '{{ var("box_score_processor") }}'
        and status = 'success'

),

completed as (

    select
        dates.*, completions.record_count, completions.completed_at,
        -- the latest run; of two at one instant, the one with more rows
        row_number() over (
            partition by dates.as_of
            order by completions.completed_at desc, coalesce(completions.record_count, -1) desc
        ) as place
    from dates
    left join completions
        on completions.game_date = dates.anchor_date
        and completions.completed_at <= dates.as_of

),

explained as (

    select
        as_of, anchor_date, record_count,
        {{ var('box_scores_a_game') }} * final_games as expected_records,
        case
            when verdict != 'judge' then verdict
            when completed_at is null then
                -- phase_completion reports the processors that it expects
                if('{{ var("box_score_processor") }}' in unnest({{ var('expected_processors') }}), 'skip', 'unknown')
            when record_count is null then 'unknown'
            when record_count > {{ var('box_scores_a_game') }} * calendar_games then 'unknown'
            else verdict
        end as verdict,
        case
            when verdict != 'judge' then reason
            when completed_at is null then concat(
                '{{ var("box_score_processor") }}', ' has not completed ', cast(anchor_date as string),
                if(
                    '{{ var("box_score_processor") }}' in unnest({{ var('expected_processors') }}),
                    ': phase_completion reports it', ''
                )
            )
            when record_count is null then concat(
                '{{ var("box_score_processor") }}', ' recorded no number of rows for ', cast(anchor_date as string)
            )
            when record_count > {{ var('box_scores_a_game') }} * calendar_games then concat(
                cast(record_count as string), ' rows for ', cast(calendar_games as string), ' games of ',
                cast(anchor_date as string), ', more than ', cast({{ var('box_scores_a_game') }} as string), ' a game'
            )
            else reason
        end as reason
    from completed
    where place = 1

),

final as (

    select
        as_of, verdict, reason, anchor_date,
        -- a game that was played and is not final yet may have rows too
        if(
            verdict = 'judge',
            least(safe_divide(100 * record_count, expected_records), 100.0), null
        ) as coverage_pct,
        if(verdict = 'judge', record_count, null) as numerator,
        if(verdict = 'judge', expected_records, null) as denominator
    from explained

)

select * from final
