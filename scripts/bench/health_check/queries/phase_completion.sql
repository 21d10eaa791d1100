select if(
    exists(
        select 1
        from `nba_reference.nba_schedule`
        where game_date = '2026-02-01' and not is_all_star
    ),
    count(distinct processor_name), null
) as observed
from `nba_orchestration.phase_completions`
where
    phase = 'phase3'
    and game_date = '2026-02-01'
    and status = 'success'
    and completed_at <= '2026-02-03 05:00:00+00'
    and processor_name in (
        'player_game_summary', 'team_defense_game_summary', 'team_offense_game_summary',
        'upcoming_player_game_context', 'upcoming_team_game_context'
    )
