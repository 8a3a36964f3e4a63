begin
(random-rc4) begin
(random-rc4) the stream of a key of zeros
(random-rc4) random_ulong takes eight bytes of it
(random-rc4) piece by piece
(random-rc4) end
random-rc4: exit(0)
end
