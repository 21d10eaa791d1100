select count(*) as observed
from `nba_predictions.player_prop_predictions`
where
    game_date = '2026-02-02'
    and system_id = 'catboost_v9'
    and created_at <= '2026-02-03 05:00:00+00'
