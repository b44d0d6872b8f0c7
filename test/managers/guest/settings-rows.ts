// A row for each setting of guests: the one thing that a test of a new setting needs. settings.test.ts takes each through file, plan,
// command and host; the environment of test/security/whole-environment.ts says each of them too.

type Impact = 'live' | 'restart';

export interface SettingRow {
  readonly from: number | boolean | string;
  readonly to: number | boolean | string;
  /** Words of the command that brings it from the one to the other, and what is said of it. */
  readonly words: string;
  readonly said: string;
  /** The line of Proxmox's file afterwards; null: none. */
  readonly line: string;
  /** Refused at its line in the file. */
  readonly refused: unknown;
  /** What the change costs; absent for a kind that does not have it. */
  readonly lxc?: Impact;
  readonly vm?: Impact;
}

export const SETTING_ROWS: Readonly<Record<string, SettingRow>> = {
  cores: {
    from: 2,
    to: 3,
    words: '--cores 3',
    said: 'cores',
    line: 'cores: 3',
    refused: 0,
    lxc: 'live',
    vm: 'restart',
  },
  cpulimit: {
    from: 1,
    to: 1.5,
    words: '--cpulimit 1.5',
    said: 'CPU limit',
    line: 'cpulimit: 1.5',
    refused: -1,
    lxc: 'live',
    vm: 'live',
  },
  cpuunits: {
    from: 200,
    to: 50,
    words: '--cpuunits 50',
    said: 'CPU weight',
    line: 'cpuunits: 50',
    refused: 10_001,
    lxc: 'live',
    vm: 'live',
  },
  memory_mb: {
    from: 512,
    to: 768,
    words: '--memory 768',
    said: 'memory',
    line: 'memory: 768',
    refused: 15,
    lxc: 'live',
    vm: 'restart',
  },
  swap_mb: { from: 512, to: 0, words: '--swap 0', said: 'swap', line: 'swap: 0', refused: -1, lxc: 'live' },
  start_at_boot: {
    from: true,
    to: false,
    words: '--onboot 0',
    said: 'start at boot',
    line: 'onboot: 0',
    refused: 'yes',
    lxc: 'live',
    vm: 'live',
  },
  boot_order: {
    from: 1,
    to: 2,
    words: '--startup order=2',
    said: 'boot order',
    line: 'startup: order=2',
    refused: -1,
    lxc: 'live',
    vm: 'live',
  },
  boot_delay: {
    from: 10,
    to: 20,
    words: '--startup up=20',
    said: 'boot order',
    line: 'startup: up=20',
    refused: 0.5,
    lxc: 'live',
    vm: 'live',
  },
  timezone: {
    from: 'host',
    to: 'Europe/Vienna',
    words: '--timezone Europe/Vienna',
    said: 'time zone',
    line: 'timezone: Europe/Vienna',
    refused: 'Mars/Base',
    lxc: 'restart',
  },
  console_mode: {
    from: 'tty',
    to: 'shell',
    words: '--cmode shell',
    said: 'console mode',
    line: 'cmode: shell',
    refused: 'window',
    lxc: 'restart',
  },
  console: {
    from: true,
    to: false,
    words: '--console 0',
    said: 'console',
    line: 'console: 0',
    refused: 1,
    lxc: 'restart',
  },
  tty_count: {
    from: 2,
    to: 4,
    words: '--tty 4',
    said: 'number of terminals',
    line: 'tty: 4',
    refused: 7,
    lxc: 'restart',
  },
  entrypoint: {
    from: '/sbin/init',
    to: '/bin/app --serve',
    words: '--entrypoint /bin/app --serve',
    said: 'entrypoint',
    line: 'entrypoint: /bin/app --serve',
    refused: 'app',
    lxc: 'restart',
  },
  hookscript: {
    from: 'local:snippets/one.sh',
    to: 'local:snippets/two.sh',
    words: '--hookscript local:snippets/two.sh',
    said: 'hook script',
    line: 'hookscript: local:snippets/two.sh',
    refused: '/root/hook.sh',
    lxc: 'live',
  },
  protection: {
    from: false,
    to: true,
    words: '--protection 1',
    said: 'protection',
    line: 'protection: 1',
    refused: 'yes',
    lxc: 'live',
  },
};

/** What a file says of each setting of a kind. */
export function settingsAsWritten(kind: 'lxc' | 'vm'): Record<string, SettingRow['to']> {
  const of = Object.entries(SETTING_ROWS).filter(([, row]) => row[kind] !== undefined);
  return Object.fromEntries(of.map(([name, { from }]) => [name, from]));
}
