NO_QEMU=the program is a file that the emulator reads, not one that Linux executes
begin
(rox-child) begin
(rox-child) write it before
(child-rox) try to write the program
child-rox: exit(12)
(rox-child) child-rox ended with 12
(rox-child) write it afterwards
(rox-child) end
rox-child: exit(0)
end
