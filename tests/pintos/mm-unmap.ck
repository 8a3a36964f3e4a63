begin
(mm-unmap) begin
(mm-unmap) mmap
first: exit(-1)
(mm-unmap) first ended with -1
last: exit(-1)
(mm-unmap) last ended with -1
(mm-unmap) the place is free again
last: exit(-1)
(mm-unmap) last ended with -1
(mm-unmap) end
mm-unmap: exit(0)
end
