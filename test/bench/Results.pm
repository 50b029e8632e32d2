# SPDX-License-Identifier: ISC
#
# What test/bench/run has written, and what it comes to. A line is one of
#
#   about     WHAT  TEXT
#   batch     ROW  SERVER  ROUND  ANSWERS  CPU-NS  OWN-NS  SECONDS  LATENCY-US
#   memory    ROW  SERVER  CONNECTIONS, and before them and with them the bytes
#             in all and the kernel's, and the KiB of PSS, private, page tables
#   launcher  SERVER  KIB
#
# A figure is the median of its batches, and a ratio the median of the ratios
# within each round. That is what swings least: of 60 rounds on a machine that
# others used, eleven in a row gave ratios with a standard deviation of 5 % (of
# ratios of medians 5 %, of ratios of the lowest tenths 7 %).
package Results;
use strict;
use warnings;

sub new {
  my ($class, $file) = @_;
  my $self = bless {about => [], rows => [], batch => {}, memory => {},
    launcher => {}}, $class;
  open my $in, "<", $file or die "$file: $!\n";
  while (<$in>) {
    chomp;
    my ($kind, @field) = split /\t/;
    if ($kind eq "about") {
      push @{$self->{about}}, \@field;
    } elsif ($kind eq "launcher") {
      $self->{launcher}{$field[0]} = $field[1];
    } else {
      $self->add($kind, @field);
    }
  }
  return $self;
}

sub add {
  my ($self, $kind, $row, $server, @field) = @_;
  push @{$self->{rows}}, $row unless $self->{servers}{$row};
  push @{$self->{servers}{$row}}, $server
    unless grep $_ eq $server, @{$self->{servers}{$row}};
  if ($kind eq "memory") {
    $self->{memory}{$row}{$server} = \@field;
    return;
  }
  my ($round, $answers, $cpu, $own, $seconds, $latency) = @field;
  $self->{batch}{$row}{$server}{$round} = {
    cpu => $cpu / 1000 / $answers,
    own => $own / 1000 / $answers,
    rate => $answers / $seconds,
    map {
      my ($percent, $us) = split /:/;
      ("p$percent" => $us)
    } split /,/, $latency
  };
}

sub servers { @{$_[0]{servers}{$_[1]} // []} }

sub median {
  my @sorted = sort { $a <=> $b } @_;
  return undef unless @sorted;
  my $middle = $#sorted / 2;
  return ($sorted[int $middle] + $sorted[int($middle + 0.5)]) / 2;
}

# FIGURE is cpu, own, rate or a quantile of the latency, as p50.
sub figure {
  my ($self, $row, $server, $figure) = @_;
  return median(map $_->{$figure}, values %{$self->{batch}{$row}{$server}});
}

sub ratio {
  my ($self, $row, $server, $rival, $figure) = @_;
  my ($left, $right) = @{$self->{batch}{$row}}{$server, $rival};
  return median(map $left->{$_}{$figure} / ($right->{$_}{$figure} || 1),
    grep $right->{$_}, keys %$left);
}

# The KiB of one idle connection: in all, the kernel's, PSS, private, tables.
sub memory {
  my ($self, $row, $server) = @_;
  my ($count, @field) = @{$self->{memory}{$row}{$server} // return};
  my @change = map $field[$_] eq "" ? undef : $field[$_ + 5] - $field[$_], 0 .. 4;
  $_ = defined $_ && $_ / 1024 for @change[0, 1];
  return map defined $_ && $_ / $count, @change;
}

# Whom a row's servers are compared with.
sub rival {
  my ($self, $row) = @_;
  my @servers = $self->servers($row);
  for my $pattern (qr/^nginx$/, qr/^nginx/, qr/busybox$/, qr/^websocketd$/) {
    my ($found) = grep /$pattern/, @servers;
    return $found if $found;
  }
  return $servers[0];
}

# [ROW, SERVER, RIVAL, FIGURE, <= or >=, BAR, what was measured, verdict]
sub goals {
  my ($self, $file) = @_;
  my @goals;
  open my $in, "<", $file or die "$file: $!\n";
  while (<$in>) {
    next if /^#|^$/;
    my ($row, $server, $rival, $figure, $sign, $bar) = my @goal = split;
    my $got = $figure eq "memory" ? ($self->memory($row, $server))[0]
      : $figure eq "launcher" ? $self->{launcher}{$server}
      : $rival eq "-" ? $self->figure($row, $server, $figure)
      : $self->ratio($row, $server, $rival, $figure);
    my $missing = !defined $got ? undef
      : $sign eq "<=" ? $got / $bar - 1 : $bar / ($got || 1) - 1;
    push @goals, [@goal, $got, !defined $missing ? "not measured"
      : $missing <= 0 ? "reached"
      : sprintf "short by %.0f %%", $missing * 100];
  }
  return @goals;
}

1;
