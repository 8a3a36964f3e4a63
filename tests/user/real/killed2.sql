-- The same with the other database.
PRAGMA cache_size = 2;
BEGIN;
UPDATE town SET town = 'lost';
UPDATE text SET body = 'lost';
.shell lua kill.lua
COMMIT;
SELECT 'not killed';
