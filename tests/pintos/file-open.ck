begin
(file-open) begin
(file-open) two descriptors for one file
(file-open) a missing file
(file-open) no name
(file-open) a file is no directory
(file-open) closed
(file-open) the other is still open
(file-open) bad descriptors
(file-open) end
file-open: exit(0)
end
