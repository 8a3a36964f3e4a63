begin
(mm-write) begin
(mm-write) create
(mm-write) mmap
(mm-write) the file has it
look: exit(0)
(mm-write) look ended with 0
(mm-write) it is no longer than before
(mm-write) end
mm-write: exit(0)
end
