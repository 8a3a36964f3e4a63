begin
(mm-overlap) begin
(mm-overlap) mmap of four pages
(mm-overlap) its first and last page
(mm-overlap) its ends
(mm-overlap) all of it
(mm-overlap) right beside it
(mm-overlap) code
(mm-overlap) data
(mm-overlap) zeros
(mm-overlap) stack
(mm-overlap) end
mm-overlap: exit(0)
end
