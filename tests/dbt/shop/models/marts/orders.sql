select order_id, ordered_on, customer, amount, is_paid
from {{ ref('stg_orders') }}
-- one is lost, for the monitors to find
where order_id != 6
