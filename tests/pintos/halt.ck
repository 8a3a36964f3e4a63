begin
(halt) begin
end
