-- sqlite3 DATABASE < SCRIPT, which kills itself in the middle (by kill.lua): how it ended.
print(os.execute("echo $$ > pid; exec sqlite3 " .. arg[1] .. " < " .. arg[2]))
