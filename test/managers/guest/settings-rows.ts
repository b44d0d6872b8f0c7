// A row for each setting of guests: the one thing that a test of a new setting needs. settings.test.ts takes each through file, plan,
// command and host; the environment of test/security/whole-environment.ts says each of them too.

type Impact = 'live' | 'restart';

export interface SettingRow {
  readonly from: number | boolean;
  readonly to: number | boolean;
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
};

/** What a file says of each setting of a kind. */
export function settingsAsWritten(kind: 'lxc' | 'vm'): Record<string, number | boolean> {
  const of = Object.entries(SETTING_ROWS).filter(([, row]) => row[kind] !== undefined);
  return Object.fromEntries(of.map(([name, { from }]) => [name, from]));
}
