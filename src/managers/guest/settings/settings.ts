// The table of guest settings. A new setting is an entry here (or in machine.ts if only VMs have it) and a row in
// test/managers/guest/settings-rows.ts.

import { z } from 'zod';
import { becomes, hundredths, wholeNumber } from '../../../config/schema/option.ts';
import * as text from '../../../config/schema/text.ts';
import { seconds } from '../../../config/schema/values.ts';
import { numberOf } from '../../../proxmox/guests/guest-options.ts';
import { normalFlag, parseProperties } from '../proxmox/property-string.ts';
import { MACHINE_SETTINGS } from './machine.ts';
import { setting } from './setting.ts';

const EXPECT_ZONE = 'must be a time zone such as Europe/Vienna, or host';
const ZONE = /^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*$/;
const EXPECT_COMMAND = 'must be a program, by its path or name, with its arguments behind it';
const EXPECT_HOOK = 'must be a snippet such as local:snippets/hook.sh';
const SNIPPET = /^[A-Za-z][A-Za-z0-9_.-]*:snippets\/[A-Za-z0-9_][A-Za-z0-9_.-]*$/;
const MAX_MB = 64 * 1024 * 1024;
const AS_BEFORE = 'one that exists keeps its own';
const AS_IT_IS = 'as it is on the guest';

/** The number of an option's text. Text that Proxmox does not read as its number stays as it is: it equals none. */
function number(option: string): (text: string) => string {
  const form = numberOf(option);
  return (text) => (text === '' || form?.test(text) ? String(Number(text)) : text);
}

/** In the order of their arguments. */
export const SETTINGS = {
  cores: setting<number>()({
    option: 'cores',
    label: 'cores',
    check: (places) => wholeNumber(places, 'must be a whole number of cores', { least: 1, most: 8192 }),
    lxc: {
      describes: 'CPU cores that it sees.',
      whenAbsent: `all of the host for a new container; ${AS_BEFORE}`,
    },
    vm: {
      describes: 'CPU cores.',
      whenAbsent: 'that of vm_defaults',
      made: 2,
      absent: '1',
    },
    inDefaults: true,
  }),
  cpulimit: setting<number>()({
    option: 'cpulimit',
    label: 'CPU limit',
    unit: 'cores',
    check: (places) =>
      hundredths(places, 'must be a number of cores such as 1.5, in hundredths', { least: 0, most: 8192 }),
    normal: number('cpulimit'),
    lxc: {
      describes: 'How much CPU time it gets at most, in cores; parts of one count, and 0 is no limit.',
      whenAbsent: `no limit for a new container; ${AS_BEFORE}`,
      absent: '0',
    },
    vm: {
      describes: 'How much CPU time it gets at most, in cores; parts of one count, and 0 is no limit.',
      whenAbsent: `no limit for a new VM; ${AS_BEFORE}`,
      absent: '0',
    },
  }),
  cpuunits: setting<number>()({
    option: 'cpuunits',
    label: 'CPU weight',
    // The kernel accepts no other weights, and Proxmox clamps them (PVE::CGroup, clamp_cpu_shares).
    check: (places) =>
      wholeNumber(places, 'must be a weight, a whole number from 1 to 10000', { least: 1, most: 10_000 }),
    normal: number('cpuunits'),
    lxc: {
      describes: 'Its weight beside other guests when CPU time is short.',
      whenAbsent: `100 for a new container; ${AS_BEFORE}`,
      absent: '100',
    },
    vm: {
      describes: 'Its weight beside other guests when CPU time is short.',
      whenAbsent: `100 for a new VM; ${AS_BEFORE}`,
      absent: '100',
    },
  }),
  memory_mb: setting<number>()({
    option: 'memory',
    label: 'memory',
    unit: 'MB',
    check: (places) => wholeNumber(places, 'must be a whole number of megabytes', { least: 16, most: MAX_MB }),
    normal: (text) => parseProperties(text, 'current')['current'] ?? '',
    lxc: { describes: 'Memory in MB.', absent: '512' },
    vm: {
      describes: 'Memory in MB.',
      whenAbsent: 'that of vm_defaults',
      made: 2048,
      absent: '512',
      property: 'current',
    },
    inDefaults: true,
  }),
  swap_mb: setting<number>()({
    option: 'swap',
    label: 'swap',
    unit: 'MB',
    check: (places) => wholeNumber(places, 'must be a whole number of megabytes', { least: 0, most: MAX_MB }),
    lxc: {
      describes: 'Swap in MB, on top of the memory.',
      whenAbsent: `512 for a new container; ${AS_BEFORE}`,
      made: 512,
      absent: '512',
    },
  }),
  start_at_boot: setting<boolean>()({
    option: 'onboot',
    label: 'start at boot',
    check: (places) => becomes(places, 'must be true or false', z.boolean()),
    normal: normalFlag,
    lxc: {
      describes: 'Started with the host, and kept running.',
      whenAbsent: `false for a new guest; ${AS_BEFORE}`,
      absent: '0',
    },
    vm: {
      describes: 'Started with the host, and kept running.',
      whenAbsent: `false for a new guest; ${AS_BEFORE}`,
      absent: '0',
    },
  }),
  boot_order: setting<number>()({
    option: 'startup',
    key: 'order',
    label: 'boot order',
    check: (places) => becomes(places, 'must be a place in the order', z.int().min(0).max(9999)),
    write: (order) => `order=${order}`,
    lxc: {
      describes: 'Place in the order of starting; stopped in reverse.',
      whenAbsent: AS_IT_IS,
    },
    vm: {
      describes: 'Place in the order of starting; stopped in reverse.',
      whenAbsent: AS_IT_IS,
    },
  }),
  boot_delay: setting<number>()({
    option: 'startup',
    key: 'up',
    label: 'boot order',
    unit: 's',
    check: (places) => becomes(places, 'must be a whole number of seconds', seconds),
    write: (delay) => `up=${delay}`,
    lxc: {
      describes: 'Seconds to wait after it before the next guest starts.',
      whenAbsent: AS_IT_IS,
    },
    vm: {
      describes: 'Seconds to wait after it before the next guest starts.',
      whenAbsent: AS_IT_IS,
    },
  }),
  timezone: setting<string>()({
    option: 'timezone',
    label: 'time zone',
    check: (places) => becomes(places, EXPECT_ZONE, text.name(ZONE, EXPECT_ZONE)),
    lxc: {
      describes: 'Time zone inside, such as `Europe/Vienna`; `host` is that of the host.',
      whenAbsent: `that of the template; ${AS_BEFORE}`,
    },
  }),
  console_mode: setting<'tty' | 'console' | 'shell'>()({
    option: 'cmode',
    label: 'console mode',
    check: (places) => becomes(places, 'must be tty, console or shell', z.enum(['tty', 'console', 'shell'])),
    lxc: {
      describes:
        'What its console in Proxmox opens: a terminal to log in at, the console of the system, or a shell of root.',
      whenAbsent: `tty for a new container; ${AS_BEFORE}`,
      absent: 'tty',
    },
  }),
  console: setting<boolean>()({
    option: 'console',
    label: 'console',
    check: (places) => becomes(places, 'must be true or false', z.boolean()),
    normal: normalFlag,
    lxc: {
      describes: 'Whether it has a console device.',
      whenAbsent: `true for a new container; ${AS_BEFORE}`,
      absent: '1',
    },
  }),
  tty_count: setting<number>()({
    option: 'tty',
    label: 'number of terminals',
    check: (places) => wholeNumber(places, 'must be a whole number of terminals', { least: 0, most: 6 }),
    lxc: {
      describes: 'Terminals that it has.',
      whenAbsent: `2 for a new container; ${AS_BEFORE}`,
      absent: '2',
    },
  }),
  entrypoint: setting<string>()({
    option: 'entrypoint',
    label: 'entrypoint',
    // Proxmox takes it from an OCI image as it is there, often a name that is found in PATH. (pve-container, PVE/LXC/Create.pm)
    check: (places) => becomes(places, EXPECT_COMMAND, text.line(4096).regex(/^[^\s-]/, EXPECT_COMMAND)),
    lxc: {
      describes: 'What it starts with in place of /sbin/init, with its arguments: for images of applications.',
      whenAbsent: `/sbin/init for a new container; ${AS_BEFORE}`,
      absent: '/sbin/init',
    },
  }),
  hookscript: setting<string>()({
    option: 'hookscript',
    label: 'hook script',
    check: (places) => becomes(places, EXPECT_HOOK, text.name(SNIPPET, EXPECT_HOOK)),
    lxc: {
      describes:
        'Script of the node that Proxmox runs as root before and after it starts and stops, as `storage:snippets/file`.',
      whenAbsent: AS_IT_IS,
    },
    vm: {
      describes:
        'Script of the node that Proxmox runs as root before and after it starts and stops, as `storage:snippets/file`.',
      whenAbsent: AS_IT_IS,
    },
  }),
  protection: setting<boolean>()({
    option: 'protection',
    label: 'protection',
    check: (places) => becomes(places, 'must be true or false', z.boolean()),
    normal: normalFlag,
    lxc: {
      describes:
        'Proxmox refuses to remove the container and its disks, whoever asks; `protected` is what binds Phoenix.',
      whenAbsent: `false for a new container; ${AS_BEFORE}`,
      absent: '0',
    },
    vm: {
      describes: 'Proxmox refuses to remove the VM and its disks, whoever asks; `protected` is what binds Phoenix.',
      whenAbsent: `false for a new VM; ${AS_BEFORE}`,
      absent: '0',
    },
  }),
  ...MACHINE_SETTINGS,
} as const;
