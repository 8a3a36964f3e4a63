begin
(mm-ro) begin
(mm-ro) mmap
store: exit(-1)
(mm-ro) store ended with -1
store behind: exit(-1)
(mm-ro) store behind ended with -1
read: exit(-1)
(mm-ro) read ended with -1
(mm-ro) it is as it was
(mm-ro) open "sample.txt" for verification
(mm-ro) verified contents of "sample.txt"
(mm-ro) close "sample.txt"
(mm-ro) end
mm-ro: exit(0)
end
