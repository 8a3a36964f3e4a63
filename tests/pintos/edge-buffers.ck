begin
(edge-buffers) begin
(edge-buffers) read and written at every place
(edge-buffers) end
edge-buffers: exit(0)
end
