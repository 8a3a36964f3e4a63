begin
(mm-twice) begin
(mm-twice) mmap twice
(mm-twice) written here, seen there
(mm-twice) and by read
(mm-twice) written by write, seen in both
(mm-twice) one remains
(mm-twice) end
mm-twice: exit(0)
end
