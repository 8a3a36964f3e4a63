begin
(cow-kernel) begin
(cow-kernel) read over a page's end
(cow-kernel) the child sees it
child: exit(0)
(cow-kernel) child ended with 0
(cow-kernel) the parent does not
(cow-kernel) end
cow-kernel: exit(0)
end
