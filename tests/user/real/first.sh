# What real-programs has done before the reboot, in a directory that has these files; lua and sqlite3 are in PATH.
export SESSION=one
echo "-- Lua"
lua session.lua
echo "status $?"
echo 'print(#arg, ...)' | lua - one "two words"
lua -e 'error("on purpose")' 2> error.txt
echo "status $?"
grep purpose error.txt
echo "-- a shop, its journal deleted each time"
sqlite3 shop.db < make.sql
echo "status $?"
ls *.db*
echo "-- four at once"
lua count.lua > count.sql
sqlite3 shop.db < count.sql & sqlite3 shop.db < count.sql & sqlite3 shop.db < count.sql & sqlite3 shop.db < count.sql & wait
sqlite3 shop.db "SELECT n FROM counter; PRAGMA integrity_check"
echo "-- who does not wait is refused"
sqlite3 shop.db < refused.sql
echo "status $?"
echo "-- one that is killed in the middle"
lua killed.lua shop.db killed.sql
ls *.db*
sqlite3 shop.db < show.sql
ls *.db*
echo "-- other ways"
sqlite3 shop.db < more.sql
echo "status $?"
ls *.db* *.csv
echo "-- a log that is written ahead"
sqlite3 shop.db < wal.sql
echo "status $?"
ls *.db*
echo "-- four at once"
sqlite3 shop.db < count.sql & sqlite3 shop.db < count.sql & sqlite3 shop.db < count.sql & sqlite3 shop.db < count.sql & wait
sqlite3 shop.db < show.sql
ls *.db*
echo "-- one that is killed in the middle, and one with a journal"
lua killed.lua shop.db killed.sql
lua killed.lua second.db killed2.sql
ls *.db*
