-- SQL that adds 1 to the counter fifty times, waiting for others that do the same.
print(".timeout 120000")
for _ = 1, 50 do print("BEGIN IMMEDIATE; UPDATE counter SET n = n + 1; COMMIT;") end
