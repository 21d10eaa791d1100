select orders.order_id
from {{ ref('stg_orders') }} as orders
left join {{ ref('customers') }} as customers on customers.customer = orders.customer
where customers.customer is null
