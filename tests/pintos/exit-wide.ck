begin
(exit-wide) begin
exit-wide: exit(-123456789)
end
