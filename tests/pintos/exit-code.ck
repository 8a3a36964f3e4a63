begin
(exit-code) begin
exit-code: exit(57)
end
