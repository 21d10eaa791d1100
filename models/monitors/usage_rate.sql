-- Share of players whose feature vector holds a usage rate, on the anchor date, one row.
-- The variable `usage_rate_feature` is the element of the vector; -1: it is not known, and nothing is checked.

with {{ expected_windows('features', dates=1) }},

dates as (

    select distinct as_of, verdict, reason, anchor_date
    from expected

),

features as (

    select
        game_date,
        {{ arrived_at('created_at') }} as arrived_at,
        {{ feature_is_positive(var('usage_rate_feature')) }} as has_usage_rate
    from {{ source('nba_predictions', 'ml_feature_store_v2') }}
    where
        game_date {{ dates_read('features', back=0) }}
        and array_length(features) >= {{ var('minimum_features') }}

),

counted as (

    select
        dates.as_of, dates.verdict, dates.reason, dates.anchor_date,
        sum(if(features.has_usage_rate, 1, 0)) as with_usage_rate,
        -- of vectors that are long enough to have the element
        count(features.has_usage_rate) as with_element,
        count(features.game_date) as players
    from dates
    left join features
        on features.game_date = dates.anchor_date
        and features.arrived_at <= dates.as_of
    group by dates.as_of, dates.verdict, dates.reason, dates.anchor_date

),

explained as (

    select
        * except (verdict, reason),
        case
            when {{ var('usage_rate_feature') }} < 0 then 'skip'
            when verdict = 'judge' and with_element = 0 then 'unknown'
            else verdict
        end as verdict,
        case
            when {{ var('usage_rate_feature') }} < 0 then 'the variable usage_rate_feature names no element'
            when verdict = 'judge' and with_element = 0 then concat(
                'no feature rows with element ', cast({{ var('usage_rate_feature') }} as string),
                ' for ', cast(anchor_date as string)
            )
            else reason
        end as reason
    from counted

),

final as (

    select
        as_of, verdict, reason, anchor_date,
        if(verdict = 'judge', safe_divide(100 * with_usage_rate, players), null) as usage_rate_pct,
        if(verdict = 'judge', with_usage_rate, null) as numerator,
        if(verdict = 'judge', players, null) as denominator
    from explained

)

select * from final
