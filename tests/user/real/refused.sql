-- Another process has the database for itself.
BEGIN EXCLUSIVE;
UPDATE counter SET n = -1;
.shell sqlite3 shop.db "SELECT n FROM counter"
.shell sqlite3 shop.db "UPDATE counter SET n = -2"
ROLLBACK;
BEGIN;
SELECT n FROM counter;
.shell sqlite3 shop.db "SELECT n FROM counter"
.shell sqlite3 shop.db "UPDATE counter SET n = -3"
END;
SELECT n FROM counter;
