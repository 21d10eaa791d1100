-- Share of players whose feature vector holds a Vegas points line, one row per game day.
-- Window: `days` days before the anchor of the features, and the anchor itself (1: two dates).

with {{ expected_windows('features', dates=var('days') ~ ' + 1') }},

game_days as (

    select distinct as_of, verdict, reason, anchor_date, game_date
    from expected

),

features as (

    select
        game_date,
        {{ arrived_at('created_at') }} as arrived_at,
        {{ feature_is_positive(var('line_feature')) }} as has_line
    from {{ source('nba_predictions', 'ml_feature_store_v2') }}
    where
        game_date {{ dates_read('features', back=var('days')) }}
        and array_length(features) >= {{ var('minimum_features') }}

),

counted as (

    select
        as_of, verdict, reason, anchor_date, game_date,
        sum(if(arrived_at <= as_of and has_line, 1, 0)) as with_line,
        sum(if(arrived_at <= as_of, 1, 0)) as players
    from game_days
    left join features using (game_date)
    group by as_of, verdict, reason, anchor_date, game_date

),

final as (

    select
        as_of, verdict, reason, anchor_date, game_date,
        -- a game day without rows is 0 %, not missing
        if(verdict = 'judge', coalesce(safe_divide(100 * with_line, players), 0), null) as coverage_pct,
        if(verdict = 'judge', with_line, null) as numerator,
        if(verdict = 'judge', players, null) as denominator
    from counted

)

select * from final
