-- What has to be there after a reboot, and the same after every other.
.timeout 60000
PRAGMA journal_mode;
SELECT count(*), sum(cents), sum(day), sum(length(note)) FROM sale;
SELECT count(*), sum(length(name)) FROM customer;
SELECT * FROM by_town ORDER BY town;
SELECT n FROM counter;
SELECT id, note FROM sale WHERE day = 17 ORDER BY cents, id LIMIT 5;
PRAGMA integrity_check;
PRAGMA foreign_key_check;
.sha3sum
