begin
(mm-close) begin
(mm-close) mmap
(mm-close) remove
(mm-close) another file of that name
(mm-close) is empty
(mm-close) end
mm-close: exit(0)
end
