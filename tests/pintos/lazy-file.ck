NO_QEMU=pagemap has the addresses of the emulator, not of the program
begin
(lazy-file) begin
(lazy-file) mmap
(lazy-file) munmap takes them
(lazy-file) end
lazy-file: exit(0)
end
