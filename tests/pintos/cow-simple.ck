NO_QEMU=pagemap has the addresses of the emulator, not of the program
begin
(cow-simple) begin
(cow-simple) a written page is another
(cow-simple) its neighbours are the same
child: exit(77)
(cow-simple) the child has its own
(cow-simple) end
cow-simple: exit(0)
end
