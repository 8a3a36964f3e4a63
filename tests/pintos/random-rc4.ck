begin
(random-rc4) begin
(random-rc4) the stream of a key of zeros
(random-rc4) random_ulong takes eight bytes of it
(random-rc4) the stream of the key 4 3 2 1, piece by piece
(random-rc4) shuffle
(random-rc4) end
random-rc4: exit(0)
end
