begin
(exit-return) run
exit-return: exit(42)
end
