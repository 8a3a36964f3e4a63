begin
(fork-files) begin
(fork-files) child reads on
(fork-files) child closed it
child: exit(0)
(fork-files) child ended with 0
(fork-files) parent, too
(fork-files) end
fork-files: exit(0)
end
