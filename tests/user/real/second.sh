# What real-programs has done after the reboot, where first.sh was: what had been left unfinished was not done.
ls *.db*
echo "-- as it was"
sqlite3 shop.db < show.sql
sqlite3 second.db < second.sql
ls *.db*
echo "-- without the log again"
sqlite3 shop.db "PRAGMA journal_mode = delete; UPDATE counter SET n = n + 1; VACUUM; REINDEX"
sqlite3 shop.db < show.sql
echo "-- as text and back"
sqlite3 shop.db .dump > dump.sql
wc dump.sql
sqlite3 copy.db < dump.sql
sqlite3 copy.db < show.sql
ls *.db*
