with game_days as (

    select distinct game_date
    from `nba_reference.nba_schedule`
    where game_date between '2026-02-01' and '2026-02-02' and not is_all_star

),

features as (

    select game_date, 100 * sum(if(features[offset(25)] > 0, 1, 0)) / count(*) as share_pct
    from `nba_predictions.ml_feature_store_v2`
    where
        game_date between '2026-02-01' and '2026-02-02'
        and array_length(features) >= 33
        and created_at <= '2026-02-03 05:00:00+00'
    group by game_date

)

select avg(coalesce(share_pct, 0)) as observed
from game_days
left join features using (game_date)
