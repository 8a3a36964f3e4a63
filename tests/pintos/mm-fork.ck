begin
(mm-fork) begin
(mm-fork) mmap
child: exit(0)
(mm-fork) child ended with 0
(mm-fork) written by the child, seen here
(mm-fork) mmap again
(mm-fork) both wrote
(mm-fork) end
mm-fork: exit(0)
end
