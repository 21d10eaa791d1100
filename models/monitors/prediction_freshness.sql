-- Hours from the time at which predictions are expected on the anchor date to the first row of the
-- primary system for it; if there is none yet, to as_of.

with {{ expected_windows('predictions', dates=1) }},

days as (

    select distinct
        as_of, verdict, reason, anchor_date,
        {{ at_local_time('anchor_date', "'" ~ var('first_prediction_time') ~ "'") }} as expected_at
    from expected

),

first_rows as (

    select
        game_date,
        min(created_at) as first_row_at,
        logical_or(created_at is null) as has_untimed
    from {{ source('nba_predictions', 'player_prop_predictions') }}
    where
        game_date {{ dates_read('predictions', back=0) }}
        and system_id = '{{ var("primary_system") }}'
    group by game_date

),

seen as (

    select
        days.*,
        if(first_row_at <= as_of, first_row_at, null) as first_row_at,
        -- a row without a time has arrived at an unknown time
        verdict = 'judge' and has_untimed and coalesce(first_row_at > as_of, true) as is_untimed
    from days
    left join first_rows on first_rows.game_date = days.anchor_date

),

measured as (

    select
        as_of, anchor_date, first_row_at,
        if(is_untimed, 'unknown', verdict) as verdict,
        if(
            is_untimed,
            concat('{{ var("primary_system") }}', ' has rows for ', cast(anchor_date as string), ' without created_at'),
            reason
        ) as reason,
        timestamp_diff(coalesce(first_row_at, as_of), expected_at, microsecond) / 3600000000 as hours
    from seen

),

final as (

    select
        as_of, verdict, reason, anchor_date,
        if(verdict = 'judge', hours, null) as hours_late,
        if(verdict = 'judge', first_row_at, null) as first_row_at,
        if(verdict = 'judge', hours, null) as numerator,
        if(verdict = 'judge', 1, null) as denominator
    from measured

)

select * from final
