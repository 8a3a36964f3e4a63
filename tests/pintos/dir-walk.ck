begin
(dir-walk) begin
(dir-walk) mkdir
(dir-walk) bad names
(dir-walk) it is a directory, and empty
(dir-walk) chdir
(dir-walk) each name once, no . and ..
(dir-walk) and no more
(dir-walk) chdir to what is no directory
(dir-walk) a path with ..
(dir-walk) inumber
(dir-walk) a directory is neither read nor written
(dir-walk) what is not empty stays
(dir-walk) what is empty goes
(dir-walk) end
dir-walk: exit(0)
end
