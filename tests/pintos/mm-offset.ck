begin
(mm-offset) begin
(mm-offset) two pages at 3
(mm-offset) are those
(mm-offset) the tail
(mm-offset) and zeros
(mm-offset) open "data" for verification
(mm-offset) verified contents of "data"
(mm-offset) close "data"
(mm-offset) end
mm-offset: exit(0)
end
