QUIRE_ONLY=Linux keeps what is written behind the end of a file in the cached page until it is written out
begin
(mm-tail) begin
(mm-tail) mmap
(mm-tail) the file is no longer than before
(mm-tail) zeros behind its end
(mm-tail) open "data" for verification
(mm-tail) verified contents of "data"
(mm-tail) close "data"
(mm-tail) end
mm-tail: exit(0)
end
