begin
(mm-read) begin
(mm-read) mmap
(mm-read) the file
(mm-read) and zeros
(mm-read) end
mm-read: exit(0)
end
