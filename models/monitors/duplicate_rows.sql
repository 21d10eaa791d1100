-- Share of rows that repeat a key (system, date, game, player), one row per table.
-- Window: `days` days before the anchor of the table's own kind of data, and the anchor itself.

with tables as (

    select as_of, 'player_prop_predictions' as table_name, {{ anchor_date('predictions') }} as anchor_date
    from {{ ref('evaluations') }}
    union all
    select as_of, 'prediction_accuracy', {{ anchor_date('grades') }}
    from {{ ref('evaluations') }}

),

stored as (

    select
        'player_prop_predictions' as table_name, game_date, {{ arrived_at('created_at') }} as arrived_at,
        row_number() over (
            partition by system_id, game_date, game_id, player_lookup order by {{ arrived_at('created_at') }}
        ) as place
    from {{ source('nba_predictions', 'player_prop_predictions') }}
    where game_date {{ dates_read('predictions', back=var('days')) }}
    union all
    select
        'prediction_accuracy', game_date, {{ arrived_at('graded_at') }},
        row_number() over (
            partition by system_id, game_date, game_id, player_lookup order by {{ arrived_at('graded_at') }}
        )
    from {{ source('nba_predictions', 'prediction_accuracy') }}
    where game_date {{ dates_read('grades', back=var('days')) }}

),

counted as (

    select
        as_of, table_name, anchor_date,
        sum(if(arrived_at <= as_of, 1, 0)) as stored_rows,
        -- the first row of a key counts, at any as_of
        sum(if(arrived_at <= as_of and place = 1, 1, 0)) as distinct_keys
    from tables
    cross join unnest(generate_date_array(
        date_sub(anchor_date, interval {{ var('days') }} day), anchor_date
    )) as game_date
    left join stored using (table_name, game_date)
    group by as_of, table_name, anchor_date

),

final as (

    select
        as_of,
        if(stored_rows > 0, 'judge', 'skip') as verdict,
        if(stored_rows > 0, null, concat(
            'no rows in ', table_name, ' ',
            {{ dates_text('date_sub(anchor_date, interval ' ~ var('days') ~ ' day)', 'anchor_date') }}
        )) as reason,
        anchor_date, table_name,
        if(stored_rows > 0, 100 * (stored_rows - distinct_keys) / stored_rows, null) as duplicate_pct,
        if(stored_rows > 0, stored_rows - distinct_keys, null) as numerator,
        if(stored_rows > 0, stored_rows, null) as denominator
    from counted

)

select * from final
