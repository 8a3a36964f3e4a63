begin
(exec-chain) 10 to go
(exec-chain) 9 to go
(exec-chain) 8 to go
(exec-chain) 7 to go
(exec-chain) 6 to go
(exec-chain) 5 to go
(exec-chain) 4 to go
(exec-chain) 3 to go
(exec-chain) 2 to go
(exec-chain) 1 to go
(exec-chain) 0 to go
exec-chain: exit(33)
end
