QUIRE_ONLY=Linux maps up to 16 cached pages around the one that was touched
begin
(lazy-next) begin
(lazy-next) mmap
(lazy-next) end
lazy-next: exit(0)
end
