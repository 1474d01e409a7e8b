import { spawn } from 'node:child_process';

/** What a sampler saw. */
export interface Samples {
  /** How often it looked at every process. */
  rounds: number;
  /**
   * Which text it saw where, each once: "2 cmdline psql" is the third text in the arguments of psql; "0 environ psql -X" is the first one in the
   * environment of psql, with its arguments.
   */
  seen: string[];
}

// Perl is on every Debian and Ubuntu. The texts come over standard input, so that the sampler itself shows none.
const PERL = String.raw`
  my @texts;
  while (<STDIN>) { chomp; last if $_ eq ''; push @texts, $_ }
  my ($own, $rounds, %seen) = (readlink('/proc/self/ns/mnt'), 0);
  while (1) {
    opendir(my $processes, '/proc') or die;
    for my $process (grep { /^\d+$/ } readdir $processes) {
      for my $what (@ARGV) {
        open(my $file, '<', "/proc/$process/$what") or next;
        local $/;
        my $content = <$file> // next;
        my @found = grep { index($content, $texts[$_]) >= 0 } 0 .. $#texts or next;
        # A container has in its environment what it needs; the processes of the host have no business with it. This is
        # asked afterwards, since a process becomes a container's on its way.
        next if $what eq 'environ' && (readlink("/proc/$process/ns/mnt") // '') ne $own;
        open(my $named, '<', "/proc/$process/" . ($what eq 'environ' ? 'cmdline' : 'comm')) or next;
        my $name = (<$named> // '') =~ tr/\0\n/ /r =~ s/ +$//r;
        $seen{"$_ $what $name"} = 1 for @found;
      }
    }
    $rounds++;
    my $ready = '';
    vec($ready, 0, 1) = 1;
    last if select($ready, undef, undef, 0.03);
  }
  print "$rounds\n", map { "$_\n" } sort keys %seen;`;

/**
 * Watches the processes of a container host, its containers' arguments included, or of this machine and everything
 * that runs on it, until it is stopped.
 * @param where the container of the host; this machine where absent
 */
export function sample(
  texts: readonly string[],
  what: readonly ('cmdline' | 'environ')[],
  where?: string,
): { stop(): Promise<Samples> } {
  const perl = ['perl', '-e', PERL, ...what];
  const [program = '', ...words] = where ? ['docker', 'exec', '-i', where, ...perl] : perl;
  const child = spawn(program, words, { stdio: ['pipe', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stdin.write(`${texts.join('\n')}\n\n`);
  const closed = new Promise<number | null>((resolve) => child.once('close', resolve));
  return {
    stop: async () => {
      child.stdin.end();
      const status = await closed;
      if (status !== 0) throw new Error(`the sampler ended with ${status}`);
      const [rounds, ...seen] = output.trim().split('\n');
      return { rounds: Number(rounds), seen };
    },
  };
}
