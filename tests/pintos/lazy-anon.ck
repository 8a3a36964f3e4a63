NO_QEMU=pagemap has the addresses of the emulator, not of the program
begin
(lazy-anon) begin
(lazy-anon) each page at its time
(lazy-anon) nothing elsewhere
(lazy-anon) end
lazy-anon: exit(0)
end
