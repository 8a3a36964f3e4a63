begin
(fork-names) begin
short: exit(0)
(fork-names) short ended with 0
fifteen-letters: exit(0)
(fork-names) fifteen-letters ended with 0
more-than-fifte: exit(0)
(fork-names) more-than-fifteen-letters ended with 0
(child-plain) run
other name: exit(81)
(fork-names) other name ended with 81
: exit(0)
(fork-names)  ended with 0
(fork-names) end
fork-names: exit(0)
end
