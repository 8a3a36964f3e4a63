QUIRE_ONLY=Linux has no such counts
begin
(disk-counts) begin
(disk-counts) what is cached is not read
(disk-counts) mmap
(disk-counts) what was written goes to the disk with munmap
(disk-counts) end
disk-counts: exit(0)
end
