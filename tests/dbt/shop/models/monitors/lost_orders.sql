-- Of each customer's orders as they came in, how many are in the table that dbt made of them.

with final as (

    select
        incoming.customer,
        100 * count(orders.order_id) / count(*) as kept_pct,
        count(orders.order_id) as numerator,
        count(*) as denominator
    from {{ ref('stg_orders') }} as incoming
    inner join {{ ref('customers') }} as customers on customers.customer = incoming.customer
    left join {{ ref('shop', 'orders') }} as orders on orders.order_id = incoming.order_id
    group by incoming.customer

)

select * from final
