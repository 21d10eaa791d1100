{{ config(materialized='view') }}

select customer, min(ordered_on) as first_order_on, {{ dbt.safe_cast('sum(amount)', api.Column.translate_type('float')) }} as amount
from {{ ref('orders') }}
group by customer
