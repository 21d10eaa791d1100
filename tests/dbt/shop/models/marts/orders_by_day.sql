{{ config(materialized='incremental', unique_key='ordered_on', schema='reporting', alias='daily') }}

select ordered_on, count(*) as orders, sum(if(is_paid, 1, 0)) as paid_orders
from {{ ref('orders') }}
{% if is_incremental() %}
where ordered_on >= (select max(ordered_on) from {{ this }})
{% endif %}
group by ordered_on
