-- Ends the process whose number is in the file pid, as nothing can be done against.
os.execute("kill -9 " .. io.open("pid"):read())
