-- Mean quality score of the complete feature vectors of the anchor date, one row.

with {{ expected_windows('features', dates=1) }},

dates as (

    select distinct as_of, verdict, reason, anchor_date
    from expected

),

features as (

    select
        game_date, feature_quality_score,
        {{ arrived_at('created_at') }} as arrived_at
    from {{ source('nba_predictions', 'ml_feature_store_v2') }}
    where
        game_date {{ dates_read('features', back=0) }}
        and array_length(features) >= {{ var('minimum_features') }}

),

counted as (

    select
        dates.as_of, dates.verdict, dates.reason, dates.anchor_date,
        count(features.game_date) as players,
        count(features.feature_quality_score) as scored,
        -- a sum of NUMERIC is exact
        cast(sum(features.feature_quality_score) as float64) as total
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
            when verdict = 'judge' and (players = 0 or 2 * scored < players) then 'unknown'
            else verdict
        end as verdict,
        case
            when verdict != 'judge' then reason
            when players = 0 then concat('no feature rows for ', cast(anchor_date as string))
            when 2 * scored < players then concat(
                'only ', cast(scored as string), ' of ', cast(players as string),
                ' feature rows for ', cast(anchor_date as string), ' have a quality score'
            )
            when scored < players then concat(
                'not counted: ', cast(players - scored as string), ' of ', cast(players as string),
                ' feature rows without a quality score'
            )
        end as reason
    from counted

),

final as (

    select
        as_of, verdict, reason, anchor_date,
        if(verdict = 'judge', safe_divide(total, scored), null) as quality,
        if(verdict = 'judge', players - scored, null) as without_score,
        if(verdict = 'judge', total, null) as numerator,
        if(verdict = 'judge', scored, null) as denominator
    from explained

)

select * from final
