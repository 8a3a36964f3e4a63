-- The same with a log that is written ahead, and the index to it in memory that processes share.
.timeout 60000
PRAGMA journal_mode = wal;
PRAGMA wal_autocheckpoint = 100;
BEGIN;
INSERT INTO sale SELECT id + 10000, customer, day, cents, note FROM sale;
COMMIT;
SELECT count(*), sum(cents) FROM sale;
BEGIN;
DELETE FROM sale WHERE id > 10000;
SELECT count(*), sum(cents) FROM sale;
ROLLBACK;
SELECT count(*), sum(cents) FROM sale;
PRAGMA wal_checkpoint(truncate);
UPDATE sale SET day = day + 1 WHERE id % 10 = 0;
PRAGMA integrity_check;
