NO_QEMU=the program is a file that the emulator reads, not one that Linux executes
begin
(rox-self) begin
(rox-self) read it
(rox-self) write it
(rox-self) write it again
(rox-self) end
rox-self: exit(0)
end
