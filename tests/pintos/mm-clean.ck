begin
(mm-clean) begin
(mm-clean) mmap
(mm-clean) write the file
(mm-clean) it stays
(mm-clean) end
mm-clean: exit(0)
end
