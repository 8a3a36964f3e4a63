NO_QEMU=the program is a file that the emulator reads, not one that Linux executes
begin
(rox-many) begin
(rox-many) write it before
(child-rox) try to write the program
(child-rox) try to write the program
(child-rox) try to write the program
(child-rox) try to write the program
(child-rox) try to write the program
child-rox: exit(12)
(child-rox) the next one is done
(child-rox) try to write the program
child-rox: exit(12)
(child-rox) the next one is done
(child-rox) try to write the program
child-rox: exit(12)
(child-rox) the next one is done
(child-rox) try to write the program
child-rox: exit(12)
(child-rox) the next one is done
(child-rox) try to write the program
child-rox: exit(12)
(rox-many) child-rox ended with 12
(rox-many) write it afterwards
(rox-many) end
rox-many: exit(0)
end
