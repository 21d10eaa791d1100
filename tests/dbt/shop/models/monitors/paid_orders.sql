-- Share of a day's orders that are paid, for each of the `days` days before.

with evaluations as (

    select cast(instant as timestamp) as as_of
    from unnest({{ var('as_of') }}) as instant

),

days as (

    select as_of, day
    from evaluations
    cross join unnest(generate_date_array(
        date_sub(date(as_of), interval {{ var('days') }} day), date_sub(date(as_of), interval 1 day)
    )) as day

),

final as (

    select
        as_of, day, 'judge' as verdict,
        coalesce(100 * paid_orders / orders, 0) as paid_pct,
        coalesce(paid_orders, 0) as numerator,
        coalesce(orders, 0) as denominator
    from days
    left join {{ ref('orders_by_day') }} as daily on daily.ordered_on = day

)

select * from final
