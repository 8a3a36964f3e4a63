-- Other ways to keep a journal, to reach the file, to copy it.
.timer off
PRAGMA journal_mode = truncate;
UPDATE counter SET n = n + 1;
PRAGMA journal_mode = persist;
UPDATE counter SET n = n + 1;
PRAGMA journal_mode = memory;
UPDATE counter SET n = n + 1;
PRAGMA journal_mode = delete;
PRAGMA synchronous = extra;
UPDATE counter SET n = n - 3;
PRAGMA locking_mode = exclusive;
SELECT n FROM counter;
PRAGMA locking_mode = normal;
SELECT n FROM counter;

-- The file is mapped, and grows while it is.
PRAGMA mmap_size = 20000000;
CREATE TABLE mapped AS SELECT id, note FROM sale;
INSERT INTO mapped SELECT * FROM mapped;
SELECT count(*), total(length(note)) FROM mapped;
DROP TABLE mapped;
VACUUM;
PRAGMA mmap_size = 0;

-- Sorting that does not fit its cache goes through files without a name.
PRAGMA temp_store = file;
PRAGMA cache_size = 20;
CREATE TEMP TABLE sorted AS SELECT a.id * 10 + b.id AS n, a.note || b.note AS text FROM sale a, sale b
	WHERE a.id <= 800 AND b.id <= 10 ORDER BY text DESC, n;
SELECT count(*), min(rowid), n, length(text) FROM sorted WHERE rowid % 1000 = 0 GROUP BY n ORDER BY rowid LIMIT 4;
DROP TABLE sorted;

-- Out and in again.
.mode csv
.once customers.csv
SELECT * FROM customer ORDER BY id;
CREATE TABLE again (id, name, town);
.import customers.csv again
.mode list
SELECT count(*) FROM again JOIN customer USING (id, name, town);
DROP TABLE again;
.backup backup.db
VACUUM INTO 'into.db';
ATTACH 'backup.db' AS backup;
ATTACH 'into.db' AS into_db;
SELECT count(*) FROM backup.sale JOIN into_db.sale USING (id, note);
PRAGMA backup.integrity_check;
PRAGMA into_db.integrity_check;
.system echo from a shell
.read count.sql
SELECT n FROM counter;
