MEM=8
SWAP=10
IGNORE_EXIT_CODES
begin
(pg-parallel) begin
(pg-parallel) exec child 1 of 4: "child-linear 0"
(pg-parallel) exec child 2 of 4: "child-linear 1"
(pg-parallel) exec child 3 of 4: "child-linear 2"
(pg-parallel) exec child 4 of 4: "child-linear 3"
(pg-parallel) wait for child 1 of 4 returned 0 (expected 0)
(pg-parallel) wait for child 2 of 4 returned 1 (expected 1)
(pg-parallel) wait for child 3 of 4 returned 2 (expected 2)
(pg-parallel) wait for child 4 of 4 returned 3 (expected 3)
(pg-parallel) end
end
