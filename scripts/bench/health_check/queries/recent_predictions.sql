select if(
    exists(
        select 1
        from `nba_reference.nba_schedule`
        where game_date = '2026-02-02' and not is_all_star
    ),
    count(*), null
) as observed
from `nba_predictions.player_prop_predictions`
where
    game_date = '2026-02-02'
    and system_id = 'catboost_v9'
    and created_at <= '2026-02-03 05:00:00+00'
