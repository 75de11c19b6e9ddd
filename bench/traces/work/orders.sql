-- SPDX-License-Identifier: MIT
-- Recorded as a trace: tables are filled in transactions, indexed, joined, changed and emptied, in memory.
create table customer (id integer primary key, name text not null, town text);
create table orders (id integer primary key, customer integer references customer, item text, price real);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 500)
    insert into customer select i, 'customer ' || i, 'town ' || (i * 7919 % 31) from n;
begin;
with recursive n(i) as (select 1 union all select i + 1 from n where i < 4000)
    insert into orders select i, i * 7919 % 500 + 1, printf('item %d of %d', i % 53, i), i * 1.25 from n;
commit;
create index by_customer on orders (customer);
create index by_town on customer (town, name);
select town, count(*), sum(price) from customer join orders on customer.id = customer group by town order by 3 desc;
select name, group_concat(item, '; ') from customer join orders on customer.id = customer where town = 'town 7' group by name;
update orders set item = upper(item) || ' (sold)' where id % 3 = 0;
select item, price from orders where item like 'ITEM 1%' order by item limit 400;
delete from orders where id % 2 = 0;
with recursive n(i) as (select 1 union all select i + 1 from n where i < 300)
    select name, (select max(price) from orders where customer = customer.id) from customer where id in (select i from n);
select json_group_array(json_object('id', id, 'name', name)) from customer;
drop table orders;
