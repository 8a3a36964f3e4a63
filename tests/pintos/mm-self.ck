begin
(mm-self) begin
(mm-self) mmap
(mm-self) read a page into the next
(mm-self) read a page into itself
(mm-self) write a page from the one before
(mm-self) end
mm-self: exit(0)
end
