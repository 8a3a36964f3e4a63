# A guest: the QEMU command line of an architecture, a bounded run of it, and what a hung one was doing.
package Guest;
use strict;
use warnings;
no warnings "portable"; # 64-bit numbers
use Exporter 'import';
use File::Temp qw(tempdir tempfile);
use IO::Select;
use IO::Socket::UNIX;
use Time::HiRes 'time';
use Quire;

our @EXPORT = qw(qemu_command qemu_check run_bounded guest_run disk_words swap_disk test_disks guest_trouble status_mark steady_addresses);

my $qemu_least = '7.2';

# Ends with a sentence unless ARCH's QEMU is here and new enough.
sub qemu_check {
	my ($arch) = @_;
	my $qemu = config($arch, 'QEMU');
	my $out = `$qemu --version 2>/dev/null`;
	my ($found) = ($out // '') =~ /version (\d+\.\d+)/
		or bad("$qemu is missing; version $qemu_least or later is needed. `make doctor` says how to get it.");
	my ($a, $b, $c, $d) = map { split /\./ } $found, $qemu_least;
	return if $a > $c || ($a == $c && $b >= $d);
	bad("$qemu is too old: version $found was found, $qemu_least or later is needed.");
}

# QEMU and its arguments for a guest of ARCH, by the settings; APPEND is the kernel's command line.
sub qemu_command {
	my ($arch, $image, $append) = @_;
	my $pt = paging($arch);
	$append = join ' ', grep { length } (setting('PT') ? "pt=$pt" : ''),
		(setting('EVICT') ? 'evict=' . setting('EVICT') : ''), $append;
	return (
		config($arch, 'QEMU'), split(' ', config($arch, 'QEMU_MACHINE')),
		'-accel', setting('ACCEL'), '-cpu', config($arch, "QEMU_CPU_$pt"), '-smp', setting('CPUS'),
		'-m', setting('MEM'), '-nodefaults', '-no-reboot', '-kernel', $image, '-append', $append,
		split(' ', setting('QEMU_EXTRA')),
	);
}

# ---- disks ----

# QEMU's words for ARCH's disks, each [serial number, what is behind it]; the first is the guest's vda.
sub disk_words {
	my ($arch, @disks) = @_;
	my @places = split ' ', config($arch, 'QEMU_DISKS');
	return map {
		my ($name, $drive) = @$_;
		('-drive', "if=none,id=$name,$drive", '-device',
			"virtio-blk-device,drive=$name,serial=$name,bus=virtio-mmio-bus." . shift @places);
	} @disks;
}

# A file of SIZE bytes with nothing in it.
sub sparse_file {
	my ($file, $size) = @_;
	open my $f, '>', $file or bad("cannot write $file: $!.");
	truncate $f, $size or bad("cannot write $file: $!.");
	close $f;
}

# The disk that SWAP asks for (DEFAULT: when it is not given), for disk_words(): a file in DIR without contents, for this
# run alone. Nothing when there is to be none.
sub swap_disk {
	my ($dir, $default) = @_;
	my $size = int(2**20 * megabytes(given('SWAP') ? setting('SWAP') : $default));
	return () if !$size;
	my (undef, $file) = tempfile('swap-XXXXXX', DIR => $dir, SUFFIX => '.img', UNLINK => 1);
	sparse_file($file, $size);
	return [ swap => "file=$file,format=raw,cache=unsafe,discard=unmap" ];
}

# What tests/kernel/disk.c and ext2.c expect of ARCH, made in DIR; the words for QEMU.
sub test_disks {
	my ($arch, $dir) = @_;
	my $none = 'driver=null-co,read-zeroes=on,size';
	sparse_file("$dir/scratch.img", 8 << 20);
	mkdir "$dir/empty";
	system("$FindBin::Bin/mkdisk", "$dir/ext2.img", '16M', "$dir/empty") == 0 or exit 1;
	return disk_words(
		$arch,
		[ scratch => "file=$dir/scratch.img,format=raw,cache=unsafe" ],
		[ bad => 'driver=blkdebug,image.driver=null-co,image.size=1M,inject-error.0.event=none,'
			. 'inject-error.0.iotype=read,inject-error.0.errno=5,inject-error.0.sector=80,'
			. 'inject-error.1.event=none,inject-error.1.iotype=write,inject-error.1.errno=5,'
			. 'inject-error.1.sector=80' ],
		[ slow => "$none=1M,latency-ns=300000000" ],
		[ fixed => "$none=1M,read-only=on" ],
		[ short => "$none=1024" ],
		[ ext2 => "file=$dir/ext2.img,format=raw,cache=unsafe" ],
	);
}

# ---- a bounded run ----

# Run COMMAND with nothing to read, at most LIMIT seconds; each line of its output goes to LINE->(text). When
# the time is up, HUNG->(pid) is called before it is ended. Returns its wait status, or undef when it was ended.
sub run_bounded {
	my ($limit, $line, $hung, @command) = @_;
	$limit *= setting('TIMEOUT_MULT');
	# `timeout` is there in case we are killed ourselves, and makes a process group that is ended as a whole.
	my @guarded = ('timeout', '-k', 5, $limit + 60, @command);
	pipe my $read, my $write or die "quire: pipe: $!\n";
	my $pid = fork // die "quire: fork: $!\n";
	if (!$pid) {
		open STDIN, '<', '/dev/null';
		open STDOUT, '>&', $write;
		open STDERR, '>&', $write;
		exec @guarded or exit 127;
	}
	close $write;
	local @SIG{qw(INT TERM HUP)} = (sub { kill 'TERM', $pid; waitpid $pid, 0; exit 130 }) x 3;

	my ($text, $end, $timed_out) = ('', time + $limit, 0);
	my $select = IO::Select->new($read);
	while (1) {
		my $left = $end - time;
		if ($left <= 0 && !$timed_out) {
			$timed_out = 1;
			$hung->($pid);
			kill 'TERM', $pid;
			$end = time + 10;
			next;
		}
		last if $left <= 0;
		next unless $select->can_read($left);
		sysread($read, $text, 65536, length $text) or last;
		$line->($1) while $text =~ s/^(.*?)\r*\n//;
	}
	$line->($text) if length $text;
	waitpid $pid, 0;
	kill 'KILL', -$pid;
	return $timed_out ? undef : $?;
}

# Run IMAGE of ARCH; every console line goes to LINE->(text). Returns QEMU's exit status, or -1 when it hung or
# was killed; then the report of what it was doing has been passed to LINE, too. MORE: words for QEMU.
sub guest_run {
	my ($arch, $image, $append, $limit, $line, @more) = @_;
	qemu_check($arch);
	my $dir = tempdir('quire-XXXXXX', TMPDIR => 1, CLEANUP => 1);
	my @command = (
		qemu_command($arch, $image, $append), @more, '-display', 'none', '-serial', 'stdio',
		'-monitor', "unix:$dir/monitor,server=on,wait=off",
	);
	my $status = run_bounded($limit, $line, sub { hang_report($arch, $image, "$dir/monitor", $line) }, @command);
	return -1 if !defined $status || $status & 127;
	return $status >> 8;
}

# What is wrong with a guest that ended with QEMU's STATUS; undef: nothing, or its tests say what.
sub guest_trouble {
	my ($status) = @_;
	my %meaning = (
		-1 => 'it hung and was ended', 33 => undef, 35 => undef, 37 => 'the kernel panicked',
		0 => 'the machine reset or ended without a word (a triple fault, perhaps)',
	);
	return exists $meaning{$status} ? $meaning{$status} : "QEMU ended with status $status";
}

# A word that begins the line in which the kernel tells the first process' exit status: no program in the guest knows
# it.
sub status_mark {
	open my $f, '<', '/dev/urandom' or bad("/dev/urandom: $!.");
	read $f, my $bytes, 8;
	return 'status-' . unpack 'H*', $bytes;
}

# ---- what a hung guest was doing ----

# How the monitor names the program counter and the frame pointer, and where relative to that the caller's
# frame pointer and the return address lie.
my %frame = (
	x86_64  => { pc => qr/\bRIP=([0-9a-f]+)/, fp => qr/\bRBP=([0-9a-f]+)/, next => 0, ret => 8 },
	riscv64 => { pc => qr/\bpc\s+([0-9a-f]+)/, fp => qr/\bx8\/s0\s+([0-9a-f]+)/, next => -16, ret => -8 },
);

sub hang_report {
	my ($arch, $image, $path, $line) = @_;
	my $say = sub { $line->("# $_[0]") };
	$say->("the guest hangs; what each CPU is doing:");
	my $monitor = IO::Socket::UNIX->new(Peer => $path) or return $say->("its monitor does not answer: $!");
	ask($monitor) // return $say->('its monitor is silent');
	my @symbols = symbols("$image.nm");
	for my $cpu (0 .. setting('CPUS') - 1) {
		ask($monitor, "cpu $cpu") // last;
		my $registers = ask($monitor, 'info registers') // last;
		$say->("CPU $cpu");
		$say->("  $_") for grep { /^ *(?:R|GS|CR|pc|sepc|x\d)/ } split /\r?\n/, $registers;
		my ($pc) = $registers =~ $frame{$arch}{pc} or next;
		my ($fp) = $registers =~ $frame{$arch}{fp} or next;
		$say->("  at   " . symbol(hex $pc, @symbols));
		$say->("  from " . symbol($_ - 1, @symbols)) for chain($monitor, hex $fp, @{ $frame{$arch} }{qw(ret next)});
	}
	close $monitor;
}

# Return addresses up the frame-pointer chain.
sub chain {
	my ($monitor, $fp, $ret, $next) = @_;
	my @addresses;
	while (@addresses < 24 && $fp && !($fp & 7)) {
		my ($r, $n) = map { word($monitor, $fp + $_) } $ret, $next;
		last unless $r && defined $n;
		push @addresses, $r;
		last if $n <= $fp;
		$fp = $n;
	}
	return @addresses;
}

sub word {
	my ($monitor, $address) = @_;
	my $answer = ask($monitor, sprintf 'x/1gx 0x%x', $address) // return undef;
	return $answer =~ /: 0x([0-9a-f]+)/ ? hex $1 : undef;
}

# Send COMMAND (none: just wait for the prompt); what the monitor says up to its next prompt.
sub ask {
	my ($monitor, $command) = @_;
	print $monitor "$command\n" if defined $command;
	$monitor->flush;
	my ($select, $answer, $end) = (IO::Select->new($monitor), '', time + 5);
	while ($answer !~ /\(qemu\) $/) {
		return undef unless $select->can_read($end - time > 0 ? $end - time : 0);
		sysread($monitor, $answer, 65536, length $answer) or return undef;
	}
	return $answer;
}

sub symbols {
	my ($file) = @_;
	open my $f, '<', $file or return ();
	return map { /^([0-9a-f]{8,}) [tT] ([\w.]+)$/ ? [ hex $1, $2 ] : () } <$f>;
}

sub symbol {
	my ($pc, @symbols) = @_;
	my ($best) = grep { $_->[0] <= $pc } reverse @symbols;
	return $best ? sprintf('0x%x  %s+0x%x', $pc, $best->[1], $pc - $best->[0]) : sprintf('0x%x', $pc);
}

# Words before a host program that give it the same addresses each time, where the system allows that; the
# run-time library of gcc 12's thread sanitizer does not start without it on some kernels.
sub steady_addresses {
	return system('setarch -R true >/dev/null 2>&1') == 0 ? qw(setarch -R) : ();
}

1;
