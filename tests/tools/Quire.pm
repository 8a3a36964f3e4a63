# What the tools of this directory share: settings from make's variables, checked with a sentence each; the
# architectures' config.mk; the names of all tests.
package Quire;
use strict;
use warnings;
use Exporter 'import';
use Cwd 'abs_path';
use File::Basename;

our @EXPORT = qw(nearest bad root config image user_image user_groups user_tests pintos_tests setting given megabytes
	paging settings_check crashes scenes test_names again matches
	shell_quote slurp @ARCHES);
our @ARCHES = qw(x86_64 riscv64 host);

my $root = abs_path(dirname(__FILE__) . '/../..');
sub root { return $root }

# End with one sentence on stderr.
sub bad {
	print STDERR "quire: @_\n";
	exit 2;
}

# ---- names ----

# The number of edits that make each beginning of T, from none of it to all, out of S.
sub distance {
	my ($s, $t) = @_;
	my @row = 0 .. length $t;
	for my $i (1 .. length $s) {
		my @next = ($i);
		for my $j (1 .. length $t) {
			my $best = $row[ $j - 1 ] + (substr($s, $i - 1, 1) ne substr($t, $j - 1, 1));
			for ($row[$j] + 1, $next[ $j - 1 ] + 1) { $best = $_ if $_ < $best }
			push @next, $best;
		}
		@row = @next;
	}
	return @row;
}

# The choices by likeness to GIVEN, the nearest first (in scalar context only that one). It may be the beginning
# of one, and wildcards do not count.
sub nearest {
	my ($given, @choices) = @_;
	(my $plain = $given) =~ tr{*?}{}d;
	my %cost;
	for (@choices) {
		my @row = distance($plain, $_);
		my ($beginning) = sort { $a <=> $b } @row;
		$cost{$_} = $beginning + $row[-1] / 100;
	}
	my @sorted = sort { $cost{$a} <=> $cost{$b} || $a cmp $b } @choices;
	return wantarray ? @sorted : $sorted[0];
}

# Does NAME match PATTERN (the wildcards * and ? of tests/run.c)?
sub matches {
	my ($pattern, $name) = @_;
	my $re = join '', map { $_ eq '*' ? '.*' : $_ eq '?' ? '.' : quotemeta } split //, $pattern;
	return $name =~ /^$re$/;
}

sub shell_quote {
	my ($s) = @_;
	return $s if $s =~ m{^[\w./:=,+-]+$};
	$s =~ s/'/'\\''/g;
	return "'$s'";
}

# ---- settings ----

my %default = (
	ARCH => q(),
	O => 'build', CPUS => 4, MEM => '256M', ACCEL => 'tcg', SEED => 1, REPEAT => 1, TIMEOUT_MULT => 1, OPS => '',
	QEMU_EXTRA => '', DISK_SIZE => '96M', EVICT => '', TEST => '', PT => '', CMD => '', SWAP => '', SMALL => '',
	PROG => '', ARGS => '', MONITOR => '', GDB => '', SAN => '', DEBUG => 1, LLVM => '', SETUP => 1, J => '',
);

# The value of a make variable, or its default when it is not given.
sub setting {
	my ($name) = @_;
	my $value = $ENV{$name};
	return defined $value && $value ne '' ? $value : $default{$name};
}

# Was it given?
sub given {
	my ($name) = @_;
	return defined $ENV{$name} && $ENV{$name} ne '';
}

# name => value of the plain assignments in an architecture's config.mk.
my %config;
sub config {
	my ($arch, $name) = @_;
	if (!$config{$arch}) {
		open my $f, '<', "$root/arch/$arch/config.mk" or bad("arch/$arch/config.mk: $!.");
		while (<$f>) {
			$config{$arch}{$1} = $2 if /^(\w+)\s*:?=\s*(.*?)\s*$/;
		}
	}
	return $config{$arch}{$name};
}

# The paging mode of a guest of ARCH.
sub paging {
	my ($arch) = @_;
	return setting('PT') || (split ' ', config($arch, 'PT_MODES'))[0];
}

# Where the kernel image NAME of ARCH is.
sub image {
	my ($arch, $name) = @_;
	my $kind = (setting('DEBUG') eq '0' ? '-fast' : '') . (setting('SAN') eq '1' ? '-san' : '') . (setting('LLVM') eq '1' ? '-llvm' : '');
	return setting('O') . "/$arch$kind/$name";
}

# What user/build.mk made for ARCH.
sub user_image {
	my ($arch, $name) = @_;
	return setting('O') . "/$arch/$name";
}

sub megabytes {
	my ($size) = @_;
	return undef unless $size =~ /^(\d+)([KMG]?)$/i;
	return $1 * { K => 1 / 1024, M => 1, G => 1024, '' => 1 }->{ uc $2 };
}

sub settings_check {
	my (@arches) = @_;
	my %whole = (CPUS => [ 1, 8 ], SEED => [ 0, 2**63 ], REPEAT => [ 1, 100000 ], TIMEOUT_MULT => [ 1, 1000 ],
		J => [ 1, 1024 ], OPS => [ 1, 10**12 ]);
	for my $name (sort keys %whole) {
		my $value = setting($name);
		next if $value eq '';
		my ($low, $high) = @{ $whole{$name} };
		bad("$name=$value is not a whole number from $low to $high.")
			unless $value =~ /^\d+$/ && $value >= $low && $value <= $high;
	}
	bad("ACCEL=" . setting('ACCEL') . " is unknown. There are: tcg kvm.") unless setting('ACCEL') =~ /^(tcg|kvm)$/;
	for my $name (qw(CMD ARGS)) {
		bad("$name may not contain a double quote: the kernel command line has no way to say one.")
			if setting($name) =~ /"/;
	}
	my @policies = map { slurp($_) =~ /^\t\.name = "(\w+)"/m } glob "$root/vm/evict_*.c";
	my $policy = setting('EVICT');
	bad("EVICT=$policy is unknown. Did you mean EVICT=" . scalar(nearest($policy, @policies)) . "? There are: @policies.")
		if $policy ne '' && !grep { $_ eq $policy } @policies;
	for my $arch (grep { $_ ne 'host' } @arches) {
		settings_check_machine($arch);
	}
}

sub settings_check_machine {
	my ($arch) = @_;
	my $mem = megabytes(setting('MEM'));
	my $least = config($arch, 'MEM_MIN');
	bad('MEM=' . setting('MEM') . ' is not a size such as 256M or 1G.') unless defined $mem;
	bad('SWAP=' . setting('SWAP') . ' is not a size such as 64M, or 0 for none.')
		if given('SWAP') && !defined megabytes(setting('SWAP'));
	bad('MEM=' . setting('MEM') . " is too little: $arch needs at least $least.") if $mem < megabytes($least);
	my @modes = split ' ', config($arch, 'PT_MODES');
	my $pt = setting('PT');
	bad("PT=$pt is unknown on $arch. Did you mean PT=" . scalar(nearest($pt, @modes)) . "? There are: @modes.")
		if $pt ne '' && !grep { $_ eq $pt } @modes;
	return unless setting('ACCEL') eq 'kvm';
	chomp(my $here = `uname -m`);
	bad("ACCEL=kvm runs $arch only on a machine that is $arch; this one is $here.") if $here ne $arch;
	bad('ACCEL=kvm needs /dev/kvm, which cannot be opened here.') unless -r '/dev/kvm' && -w '/dev/kvm';
}

# ---- tests ----

# The panics of kernel/test/crash.c by name, with what each must say.
sub crashes {
	my %says;
	for my $file (glob "$root/kernel/test/crash.c") {
		my $text = slurp($file);
		$says{$1} = $2 while $text =~ /^\s*CRASH\(\w+, "([^"]+)", "((?:[^"\\]|\\.)*)"\)/gm;
	}
	return %says;
}

# What tests/tools/scene-test has.
sub scenes { return slurp("$root/tests/tools/scene-test") =~ m{^\t'([\w-]+/[^']+)' => \{}mg }

sub one_thread {
	my ($file) = @_;
	return grep { my $re = quotemeta =~ s{\\%}{.*}r; $file =~ /^$re$/ } split ' ', $ENV{ONE_THREAD} // die "quire: ONE_THREAD is not set; make does that\n";
}

# All tests of ARCH (on the host: of one ISA's program, of `fs`, or of all), by reading the sources for TEST(id, "name").
# A file with an ISA in its name is for that ISA alone; #if __STDC_HOSTED__ or its opposite is understood. KIND is test,
# or tsan, whose programs lack some (ONE_THREAD of the Makefile).
sub test_names {
	my ($arch, $isa, $kind) = @_;
	$isa = $arch if $arch ne 'host';
	my $other = $arch eq 'host' ? qr/^#if !__STDC_HOSTED__.*?^#endif/ms : qr/^#if __STDC_HOSTED__.*?^#endif/ms;
	my @files = map { glob "$root/tests/$_/*.c" } qw(pte unit arch vm model fault sim), $arch eq 'host' ? 'host' : 'kernel';
	push @files, glob "$root/arch/host/*.c" if $arch eq 'host';
	@files = () if $isa && $isa eq 'fs';
	push @files, glob "$root/tests/fs/*.c" if $arch eq 'host' && (!$isa || $isa eq 'fs');
	@files = grep { !one_thread(substr $_, 1 + length $root) } @files if $kind && $kind eq 'tsan';
	my %names;
	for my $file (@files) {
		my ($of) = basename($file) =~ /(?:^|_)(x86|riscv)/;
		next if $of && $isa && $isa !~ /^$of/;
		my $text = slurp($file) =~ s/$other//gr;
		$names{$1} = 1 while $text =~ /^TEST\(\s*\w+,\s*"([^"]+)"/gm;
	}
	return sort keys %names;
}

# The groups of tests/user, and their tests: name => group.
sub user_groups {
	return map { m{([^/]+)[.]c$} && $1 ne 'main' && $1 ne 'help' ? $1 : () } glob "$root/tests/user/*.c";
}

sub user_tests {
	my %group;
	for my $group (user_groups()) {
		my $text = slurp("$root/tests/user/$group.c");
		$group{$1} = $group while $text =~ /^TEST\(\s*\w+,\s*"([^"]+)"/gm;
	}
	return %group;
}

# The Pintos programs of tests/pintos that run on Quire in the gate.
sub pintos_tests {
	return map { m{([^/]+)[.]ck$} ? "pintos/$1" : () } glob "$root/tests/pintos/*.ck";
}

# The command that runs TEST (undef: all) of ARCH again as it ran under the present settings.
sub again {
	my ($arch, $test) = @_;
	my @words = ('make', "ARCH=$arch");
	if ($arch ne 'host') {
		my $pt = paging($arch);
		push @words, 'CPUS=' . setting('CPUS'), "PT=$pt", 'SAN=' . (setting('SAN') || 0);
	}
	for my $name (qw(MEM SWAP SMALL EVICT ACCEL QEMU_EXTRA DEBUG LLVM OPS O)) {
		push @words, "$name=" . shell_quote(setting($name)) if setting($name) ne $default{$name};
	}
	push @words, 'SEED=' . setting('SEED');
	push @words, 'TEST=' . shell_quote($test) if defined $test;
	return "@words check";
}

sub slurp {
	my ($file) = @_;
	open my $f, '<', $file or bad("$file: $!.");
	local $/;
	return scalar <$f>;
}

1;
