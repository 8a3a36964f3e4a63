PRAGMA journal_mode;
SELECT count(*), count(DISTINCT town) FROM town;
SELECT count(*) FROM text WHERE body MATCH 'sale';
PRAGMA integrity_check;
