begin
(mm-exec) begin
(mm-exec) mmap
(child-touch) run
child: exit(-1)
(mm-exec) child ended with -1
(mm-exec) end
mm-exec: exit(0)
end
