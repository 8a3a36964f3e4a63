MEM=10
SWAP=30
IGNORE_EXIT_CODES
begin
(swap-fork) begin
(swap-fork) child 0 returned 0
(swap-fork) child 1 returned 1
(swap-fork) child 2 returned 2
(swap-fork) child 3 returned 3
(swap-fork) child 4 returned 4
(swap-fork) child 5 returned 5
(swap-fork) child 6 returned 6
(swap-fork) child 7 returned 7
(swap-fork) child 8 returned 8
(swap-fork) child 9 returned 9
(swap-fork) the parent's is as it was
(swap-fork) end
end
