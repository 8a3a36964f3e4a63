begin
(file-rw) begin
(file-rw) open "sample.txt" for verification
(file-rw) verified contents of "sample.txt"
(file-rw) close "sample.txt"
(file-rw) size and position
(file-rw) read 20 bytes
(file-rw) read the rest
(file-rw) the end
(file-rw) behind the end
(file-rw) nothing
(file-rw) write in the middle
(file-rw) read it
(file-rw) write at the end
(file-rw) end
file-rw: exit(0)
end
