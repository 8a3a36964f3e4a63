begin
(print-forms) begin
(print-forms) snprintf stops in time
(print-forms) strlcpy, too
(print-forms) and strlcat
a line
x
00000010                         -51 75 69 72 65 20 67 61 |        Quire ga|
00000020  74 68 65 72 73 20 70 61-67 65 73 2e 0a 7f ff    |thers pages.... |
00000000  30 31 32 33 34 35 36 37-38 39 61 62 63 64 65 66
(print-forms) end
print-forms: exit(0)
end
