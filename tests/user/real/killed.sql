-- Ends in the middle of a transaction, much of which is in the file already.
PRAGMA cache_size = 10;
BEGIN;
UPDATE sale SET note = 'lost', cents = 1;
UPDATE counter SET n = -1;
.shell lua kill.lua
COMMIT;
SELECT 'not killed';
