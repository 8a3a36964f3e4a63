begin
(file-console) begin
(file-console) write to 1
text
(file-console) write to 0
(file-console) read from 1
(file-console) read nothing from 0
(file-console) it is no file
file-console: exit(0)
end
