QUIRE_ONLY=Linux has no such counts
begin
(disk-counts) begin
(disk-counts) the disk was read
(disk-counts) what is cached is not read
(disk-counts) writes are only added
(disk-counts) end
disk-counts: exit(0)
end
