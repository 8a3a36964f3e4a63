begin
(mm-shuffle) begin
(mm-shuffle) mmap
(mm-shuffle) open "data" for verification
(mm-shuffle) verified contents of "data"
(mm-shuffle) close "data"
(mm-shuffle) end
mm-shuffle: exit(0)
end
