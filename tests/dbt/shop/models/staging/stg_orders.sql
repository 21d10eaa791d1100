select order_id, ordered_on, customer, amount, status = 'paid' as is_paid
from {{ ref('raw_orders') }}
