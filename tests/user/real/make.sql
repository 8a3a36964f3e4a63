-- A shop: tables, an index, 10,000 rows in one transaction, and questions about them.
.headers on
.mode list
PRAGMA journal_mode;
CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, town TEXT);
CREATE TABLE sale (
	id INTEGER PRIMARY KEY,
	customer INTEGER NOT NULL REFERENCES customer (id),
	day INTEGER NOT NULL,
	cents INTEGER NOT NULL CHECK (cents >= 0),
	note TEXT
);
PRAGMA foreign_keys = on;
BEGIN;
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)
	INSERT INTO customer SELECT i, 'customer ' || i, 'town ' || (i * 7 % 11) FROM n;
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
	INSERT INTO sale SELECT i, i * 7919 % 100 + 1, i * 31 % 365, i * 104729 % 9973, printf('sale %d %.*c', i, i % 50, 'x')
	FROM n;
COMMIT;
CREATE INDEX sale_by_day ON sale (day, cents);
CREATE VIEW by_town AS SELECT town, count(*) AS sales, sum(cents) AS cents FROM customer c
	JOIN sale s ON s.customer = c.id GROUP BY town;
SELECT count(*), sum(cents), min(cents), max(cents), round(avg(cents), 3), total(length(note)) FROM sale;
SELECT * FROM by_town ORDER BY cents DESC LIMIT 4;
SELECT c.name, max(s.cents) AS most FROM customer c JOIN sale s ON s.customer = c.id WHERE s.day BETWEEN 100 AND 110
	GROUP BY c.id HAVING count(*) > 2 ORDER BY most DESC, c.id LIMIT 5;
SELECT day, sum(cents) OVER (ORDER BY day) AS so_far FROM (SELECT day, sum(cents) AS cents FROM sale GROUP BY day) LIMIT 3;
EXPLAIN QUERY PLAN SELECT * FROM sale WHERE day = 5 ORDER BY cents;

-- What is taken back is as if it never was; what breaks a rule is refused.
BEGIN;
DELETE FROM sale WHERE id % 3 = 0;
UPDATE customer SET town = 'nowhere';
SELECT count(*), (SELECT count(DISTINCT town) FROM customer) FROM sale;
SAVEPOINT inner;
DELETE FROM sale;
ROLLBACK TO inner;
SELECT count(*) FROM sale;
ROLLBACK;
SELECT count(*), (SELECT count(DISTINCT town) FROM customer) FROM sale;
INSERT INTO customer VALUES (101, 'customer 7', 'town');
INSERT INTO sale VALUES (10001, 999, 1, 1, '');
INSERT INTO sale VALUES (10001, 1, 1, -1, '');

-- A transaction of which most is on the disk before it is taken back.
PRAGMA cache_size = 10;
BEGIN;
UPDATE sale SET note = note || printf('%.200c', 'y');
SELECT sum(length(note)) FROM sale;
ROLLBACK;
SELECT sum(length(note)) FROM sale;
PRAGMA integrity_check;

-- What is dropped makes room, and VACUUM gives it back.
CREATE TABLE large AS SELECT id, hex(zeroblob(400)) AS text FROM sale;
PRAGMA page_count;
DROP TABLE large;
VACUUM;
PRAGMA page_count;
PRAGMA freelist_count;
PRAGMA integrity_check;
ATTACH 'second.db' AS second;
BEGIN;
CREATE TABLE second.town AS SELECT DISTINCT town FROM customer ORDER BY town;
CREATE TABLE counter (n INTEGER);
INSERT INTO counter VALUES (0);
COMMIT;
SELECT count(*) FROM second.town;
CREATE VIRTUAL TABLE second.text USING fts4 (body);
INSERT INTO second.text SELECT note FROM sale WHERE id <= 500;
SELECT count(*) FROM second.text WHERE body MATCH 'sale';
