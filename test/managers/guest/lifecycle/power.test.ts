// Starting, stopping and restarting containers and VMs on a lab host, by the code of the agent's workers.

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkHealth } from '../../../../src/agent/verbs/check-health.ts';
import { switchPower } from '../../../../src/agent/verbs/switch-power.ts';
import { lxc } from '../../../../src/managers/lxc/manager.ts';
import type { Decision, Manager, Wanted } from '../../../../src/managers/manager.ts';
import { vm } from '../../../../src/managers/vm/manager.ts';
import type { Power } from '../../../../src/model/verbs.ts';
import { configOption } from '../../../../src/proxmox/parameters/table.ts';
import { type LabHost, openLabHost } from '../../../support/host/lab-host.ts';
import { convergeStep } from '../../carry-out.ts';
import { container, gone, IMAGE, machine, targetOf, wanted } from '../../guests.ts';

const kinds = [
  ['container', lxc as Manager, wanted(targetOf(container(105))), 'pct 105'],
  ['VM', vm as Manager, wanted(targetOf(machine(1005))), 'qm 1005'],
] as const;

/** A log that nobody reads, and a signal that nobody gives. */
const UNWATCHED = { log: { write: () => {}, flush: async () => {} }, signal: new AbortController().signal };

let host: LabHost;

beforeEach(async () => {
  host = await openLabHost();
  await host.write(`/var/lib/vz/template/iso/${IMAGE}`, 'an image\n');
});
afterEach(() => host.close());

/** Commands that are no look. */
function changes(): string[] {
  const told = host.commands.filter((line) => !/\b(status|exec|config|get)\b/.test(line));
  host.forget();
  return told;
}

async function make(manager: Manager, one: Wanted): Promise<void> {
  expect(await convergeStep(manager, host, one)).toMatchObject({ outcome: 'done' });
  changes();
}

function power(manager: Manager, one: Wanted, requested: Power, readOnly = false) {
  const leaseGuard = { assertHeld: async () => {}, touch: async () => {}, record: async () => {} };
  return switchPower({ host, manager, wanted: one, requested, readOnly, begun: false, leaseGuard, ...UNWATCHED });
}

describe.each(kinds)('a %s', (_kind, manager, one, name) => {
  const [program, id] = name.split(' ');
  const shutdown = `${program} shutdown ${id} --forceStop 1 --timeout 120`;

  test('is switched with one command, and with none when it is so already', async () => {
    await make(manager, one);
    expect(await power(manager, one, 'start')).toEqual({ outcome: 'unchanged', reason: null });
    expect(changes()).toEqual([]);
    expect(await power(manager, one, 'stop')).toMatchObject({ outcome: 'applied' });
    expect(changes()).toEqual([shutdown]);
    expect(await power(manager, one, 'stop')).toEqual({ outcome: 'unchanged', reason: null });
    expect(await power(manager, one, 'start')).toEqual({ outcome: 'applied', reason: null });
    expect(changes()).toEqual([`${program} start ${id}`]);
    expect(await power(manager, one, 'restart')).toEqual({ outcome: 'applied', reason: null });
    expect(changes()).toEqual([shutdown, `${program} start ${id}`]);
  });

  test('a dry run sends nothing', async () => {
    await make(manager, one);
    const { would } = await power(manager, one, 'restart', true);
    expect(would).toHaveLength(2);
    expect(changes()).toEqual([]);
  });

  test('the inventory says whether it runs', async () => {
    const state = async () => manager.power?.state(await manager.inventory(host), one.target);
    expect(await state()).toBe('absent');
    await make(manager, one);
    expect(await state()).toBe('running');
    await power(manager, one, 'stop');
    expect(await state()).toBe('stopped');
  });

  test('that is not there, or not ours, is left alone', async () => {
    expect((await power(manager, one, 'start')).reason).toMatch(/is not there; make it: phoenix create/);
    await make(manager, one);
    const other = { ...one, origin: { ...one.origin, repository: 'https://git.example/other.git' } };
    expect(await power(manager, other, 'stop')).toMatchObject({
      outcome: 'failed',
      reason: expect.stringMatching(/adopt/),
    });
    expect(changes()).toEqual([]);
  });

  test('a lock is waited for', async () => {
    await make(manager, one);
    const path = `/etc/pve/${program === 'pct' ? 'lxc' : 'qemu-server'}/${id}.conf`;
    await host.write(path, `lock: backup\n${await host.read(path)}`);
    await expect(power(manager, one, 'stop')).rejects.toThrow(/locked \(backup\)/);
    expect(changes()).toEqual([]);
  });
});

/** What a lock is called, and what a person does about it. `SNAPSHOT` stands for the name of one. */
const LOCKS: Readonly<Record<string, RegExp>> = {
  backup: /: a backup of it is under way or was broken off; when no task .*, free it with: (pct|qm) unlock \d+$/,
  clone: /: its creation as a clone is under way .* && qm destroy 1005$/,
  create: /: its creation is under way or was broken off\. .* unlock \d+ && (pct|qm) destroy \d+$/,
  destroyed: /: its removal is under way or was broken off\. .* unlock \d+ && (pct|qm) destroy \d+$/,
  disk: /: a copy of its volumes is under way .*: pct unlock 105$/,
  fstrim: /: the trimming of its volumes is under way .*: pct unlock 105$/,
  import: /: the import of its disks is under way .* && qm destroy 1005$/,
  migrate: /: its migration is under way .* unlock \d+, and see on which node its volumes are$/,
  mounted: /; its volumes are mounted on the node; unmount them with: pct unmount 105$/,
  restore: /: its restoration from a backup is under way .* && qm destroy 1005$/,
  rollback:
    /: its rollback to a snapshot is under way .* unlock \d+, and roll it back anew with: (pct|qm) rollback \d+ SNAPSHOT$/,
  snapshot: /: a snapshot of it is under way .* unlock \d+, and remove .*: (pct|qm) delsnapshot \d+ SNAPSHOT --force$/,
  'snapshot-delete':
    /: the removal of a snapshot is under way .*, and remove .*: (pct|qm) delsnapshot \d+ SNAPSHOT --force$/,
  suspended: /; it is suspended to a disk; resume it with: qm start 1005$/,
  suspending: /: its suspension to a disk is under way .*: qm unlock 1005$/,
};

test.each([
  ['container', lxc as Manager, container(105), container(105, { memory_mb: 1024 }), 'lxc', ['destroyed']],
  ['VM', vm as Manager, machine(1005), machine(1005, { memory_mb: 1024 }), 'qemu', ['destroyed', 'import', 'restore']],
] as const)(
  'a %s that is locked says for what, whatever is asked of it',
  async (_kind, manager, guest, other, family, more) => {
    const target = targetOf(guest);
    await make(manager, wanted(target));
    const path = `/etc/pve/${family === 'lxc' ? 'lxc' : 'qemu-server'}/${guest.id}.conf`;
    const text = await host.read(path);
    const locks = [...(configOption(family, 'lock')?.enum ?? []), ...more];
    expect(locks.length).toBeGreaterThan(8);
    for (const lock of locks) {
      await host.write(path, `lock: ${lock}\n${text}`);
      const reason = expect.stringMatching(LOCKS[lock] ?? /no such lock is known/);
      const asked = [wanted(targetOf(other)), gone(target, { approved: true })];
      for (const one of asked)
        expect(await convergeStep(manager, host, one)).toMatchObject({ outcome: 'refused', reason });
      for (const requested of ['stop', 'restart'] as const)
        expect(await power(manager, wanted(target), requested, true)).toMatchObject({ outcome: 'failed', reason });
    }
    expect(changes()).toEqual([]);
  },
);

test('a VM whose suspension was broken off is not started from its unfinished memory', async () => {
  const target = targetOf(machine(1005));
  await make(vm as Manager, wanted(target));
  const text = await host.read(MACHINE_FILE);
  const memory = 'vmstate: local:1005/vm-1005-state-suspend.raw\n';
  await host.write(MACHINE_FILE, `lock: suspending\n${memory}${text}`);
  const more = wanted(targetOf(machine(1005, { memory_mb: 1024 })));
  const lock = expect.stringMatching(/: qm unlock 1005, and before .*, forget .* with: qm set 1005 --delete vmstate$/);
  expect(await convergeStep(vm as Manager, host, more)).toMatchObject({ outcome: 'refused', reason: lock });

  await qm('unlock', '1005');
  const reason = expect.stringMatching(/^VM 1005 has the memory local:1005.*: qm set 1005 --delete vmstate$/);
  expect(await convergeStep(vm as Manager, host, more)).toMatchObject({ outcome: 'refused', reason });
  expect(await power(vm as Manager, wanted(target), 'restart')).toMatchObject({ outcome: 'failed', reason });
  expect(await convergeStep(vm as Manager, host, wanted(target))).toMatchObject({ outcome: 'done', actions: [] });
  await qm('stop', '1005');
  const stopped = expect.stringMatching(/--delete vmstate; or, where it did not run .*: qm start 1005$/);
  expect(await power(vm as Manager, wanted(target), 'start')).toMatchObject({ outcome: 'failed', reason: stopped });
  await qm('set', '1005', '--protection', '1');
  const kept = expect.stringContaining('with: qm set 1005 --protection 0 && qm set 1005 --delete vmstate;');
  expect(await power(vm as Manager, wanted(target), 'start')).toMatchObject({ outcome: 'failed', reason: kept });
  await qm('set', '1005', '--protection', '0');
  await qm('set', '1005', '--delete', 'vmstate');
  expect(await power(vm as Manager, wanted(target), 'start')).toMatchObject({ outcome: 'applied' });
});

async function run(program: string, ...args: string[]): Promise<void> {
  expect(await host.run({ kind: 'command', program, args, timeoutSeconds: 10 })).toMatchObject({ exit: 0 });
}

const qm = (...args: string[]): Promise<void> => run('qm', ...args);

const MACHINE_FILE = '/etc/pve/qemu-server/1005.conf';

test('a restart of a VM names what a person left pending, and a line that the node does not read stops it', async () => {
  const one = wanted(targetOf(machine(1005)));
  await make(vm as Manager, one);
  await qm('set', '1005', '--balloon', '256', '--ciuser', 'kim');
  const pending = await host.read(MACHINE_FILE);
  await host.write(MACHINE_FILE, `${pending}\n[PENDING]\nballoon: 256\ndelete: acpi\n`);
  const { would } = await power(vm as Manager, one, 'restart', true);
  expect(would).toEqual([
    'shut VM 1005 down, which brings into force the pending changes of acpi, balloon',
    'start VM 1005',
  ]);
  await host.write(MACHINE_FILE, `scsi5: rpool:vm-1005-disk-7,later=1\n${await host.read(MACHINE_FILE)}`);
  const refused = await power(vm as Manager, one, 'restart');
  expect(refused).toMatchObject({ outcome: 'failed', reason: expect.stringContaining('cannot read "scsi5: rpool:') });
});

test('of pending changes, a step names neither those of an option that it takes away, nor those of a VM that it destroys', async () => {
  const one = wanted(targetOf(machine(1005)));
  await make(vm as Manager, one);
  await qm('set', '1005', '--balloon', '256', '--ciuser', 'kim');
  await host.write(MACHINE_FILE, `${await host.read(MACHINE_FILE)}\n[PENDING]\nballoon: 128\ndelete: acpi\n`);
  const summaries = async (asked: Wanted) => {
    const decision = vm.decide(asked as never, await vm.observe(host, asked as never));
    return decision.kind === 'actions' ? decision.actions.map(({ summary }) => summary) : [];
  };
  const { spec: before } = targetOf(machine(1005, { balloon_mb: 256 }));
  expect(await summaries({ ...one, before })).toContain(
    'shut VM 1005 down, which brings into force the pending change of acpi',
  );
  const destroyed = await summaries(gone(targetOf(machine(1005)), { approved: true }));
  expect(destroyed).toContain('shut VM 1005 down');
});

test('a VM that is paused is neither taken for one that works, nor started, and its end is called what it is', async () => {
  const one = wanted(targetOf(machine(1005)));
  await make(vm as Manager, one);
  await qm('suspend', '1005');
  const reason = expect.stringContaining('let it go on with: qm resume 1005');
  expect(await power(vm as Manager, one, 'start')).toMatchObject({ outcome: 'failed', reason });
  expect(await convergeStep(vm as Manager, host, one)).toMatchObject({ outcome: 'refused', reason });
  const inBackup = await host.read(MACHINE_FILE);
  await host.write(MACHINE_FILE, `lock: backup\n${inBackup}`);
  expect(await convergeStep(vm as Manager, host, one)).toEqual({ outcome: 'done', actions: [] });
  await host.write(MACHINE_FILE, inBackup);
  const { would } = await power(vm as Manager, one, 'restart', true);
  expect(would?.[0]).toBe('end VM 1005, which is in the state paused, like a power failure');
  await qm('resume', '1005');
  expect(await convergeStep(vm as Manager, host, one)).toEqual({ outcome: 'done', actions: [] });
});

const CONTAINER_FILE = '/etc/pve/lxc/105.conf';
const FREEZER = '/sys/fs/cgroup/lxc/105/ns/cgroup.events';

test('a container that is frozen is neither taken for one that works, nor run anything in, and its end is called what it is', async () => {
  const one = wanted(targetOf(container(105)));
  await make(lxc as Manager, one);
  const inventoried = async () => lxc.quickCheck(await lxc.inventory(host), one as never);
  expect(await inventoried()).not.toBeNull();
  await run('lxc-freeze', '-n', '105');
  // One that waits inside a frozen container never ends.
  host.instead = (line) => (/^pct exec/.test(line) ? { exit: null, ended: 'timed out' } : undefined);
  host.forget();
  const reason = expect.stringContaining('container 105 is in the state frozen: it does nothing');
  expect(await inventoried()).toBeNull();
  const sick = await checkHealth({ host, manager: lxc as Manager, wanted: one, ...UNWATCHED });
  expect(sick).toMatchObject({ outcome: 'failed', reason });
  expect(await convergeStep(lxc as Manager, host, one)).toMatchObject({ outcome: 'refused', reason });
  const more = wanted(targetOf(container(105, { memory_mb: 1024 })));
  expect(await convergeStep(lxc as Manager, host, more)).toMatchObject({ outcome: 'refused', reason });
  const unfreeze = 'lxc-unfreeze -n 105 && echo 0 > /sys/fs/cgroup/lxc/105/ns/cgroup.freeze';
  const remedy = expect.stringContaining(`let it go on with: ${unfreeze}; or start it anew`);
  expect(await power(lxc as Manager, one, 'start')).toMatchObject({ outcome: 'failed', reason: remedy });
  const { would } = await power(lxc as Manager, one, 'restart', true);
  expect(would?.[0]).toBe('end container 105, which is in the state frozen, like a power failure');
  expect(host.commands.filter((line) => line.startsWith('pct'))).toEqual([]);

  const removed = gone(targetOf(container(105)), { approved: true });
  const removal = (await lxc.decide(removed as never, await lxc.observe(host, removed as never))) as Decision;
  const first = 'actions' in removal ? removal.actions[0] : undefined;
  expect(first).toMatchObject({ summary: would?.[0], impact: 'destroy' });

  await run('lxc-unfreeze', '-n', '105');
  expect(await inventoried()).not.toBeNull();
  expect(await convergeStep(lxc as Manager, host, one)).toEqual({ outcome: 'done', actions: [] });
  await run('lxc-freeze', '-n', '105');
  expect(await power(lxc as Manager, one, 'restart')).toEqual({ outcome: 'applied', reason: null });
  expect(await convergeStep(lxc as Manager, host, one)).toEqual({ outcome: 'done', actions: [] });
});

test('a stopped container whose root disk cannot be read is told so, whose state Proxmox does not tell', async () => {
  const one = wanted(targetOf(container(105)));
  await make(lxc as Manager, one);
  await run('pct', 'stop', '105');
  const text = await host.read(CONTAINER_FILE);
  await host.write(CONTAINER_FILE, text.replace(/^rootfs: .*$/m, '$&,later=1'));
  const status = await host.run({ kind: 'command', program: 'pct', args: ['status', '105'], timeoutSeconds: 10 });
  expect(status).toMatchObject({ exit: 255, stderr: expect.stringContaining('later: property is not defined') });
  const reason = expect.stringMatching(
    /cannot read "rootfs: .*,later=1" in .*105.conf, and container 105 does not start/,
  );
  expect(await convergeStep(lxc as Manager, host, one)).toMatchObject({ outcome: 'refused', reason });
  expect(await power(lxc as Manager, one, 'start')).toMatchObject({ outcome: 'failed', reason });

  // One that is starting or ending is none that is stopped.
  const stderr = `unable to get PID for CT 105 (not running?)\n${status.stderr}`;
  host.instead = (line) => (/^pct status/.test(line) ? { exit: 255, stderr } : undefined);
  await expect(lxc.observe(host, one as never)).rejects.toThrow('unable to get PID for CT 105');
  host.instead = () => undefined;
  await host.write(CONTAINER_FILE, text);
  expect(await convergeStep(lxc as Manager, host, one)).toMatchObject({ outcome: 'done' });
});

test('a container that a backup freezes is as declared, and its health is only asked once the backup has ended', async () => {
  const one = wanted(targetOf(container(105)));
  await make(lxc as Manager, one);
  await host.write('/sys/fs/cgroup/lxc/105/ns/cgroup.freeze', '1\n');
  await host.write(FREEZER, 'populated 1\nfrozen 1\n');
  await host.write(CONTAINER_FILE, `lock: backup\n${await host.read(CONTAINER_FILE)}`);
  expect(await convergeStep(lxc as Manager, host, one)).toEqual({ outcome: 'done', actions: [] });
  const healthCheck = { script: null, argv: ['true'], retries: 3, intervalSeconds: 5, timeoutSeconds: 60 };
  const asked = wanted(targetOf(container(105, { healthCheck })));
  const reason = expect.stringMatching(/locked \(backup\)/);
  expect(await convergeStep(lxc as Manager, host, asked)).toMatchObject({ outcome: 'refused', reason });
  expect(host.commands).not.toContainEqual(expect.stringMatching(/^pct exec/));
});

test.each([
  ['begins', CONTAINER_FILE, (text: string) => text.replace('lock: backup\n', '')],
  ['ends', FREEZER, () => 'populated 1\nfrozen 1\n'],
])(
  'a container that a backup freezes is not taken for one that a person froze where the backup %s amid a look',
  async (_when, path, asBefore) => {
    const one = wanted(targetOf(container(105)));
    await make(lxc as Manager, one);
    if (path === CONTAINER_FILE) {
      await host.write(CONTAINER_FILE, `lock: backup\n${await host.read(CONTAINER_FILE)}`);
      await host.write(FREEZER, 'populated 1\nfrozen 1\n');
    }
    let reads = 0;
    const readFile = async (asked: string) => {
      const text = await host.readFile(asked);
      return asked === path && text !== undefined && reads++ === 0 ? asBefore(text) : text;
    };
    const amid: LabHost = Object.create(host, { readFile: { value: readFile } });
    expect(await convergeStep(lxc as Manager, amid, one)).toEqual({ outcome: 'done', actions: [] });
    expect(reads).toBe(2);
  },
);

test('a VM that rests and stands still is told to be ended, which works, and not to be restarted', async () => {
  const one = wanted(targetOf(machine(1005)));
  await make(vm as Manager, one);
  await qm('suspend', '1005');
  const rests = wanted(targetOf(machine(1005, { startState: 'stopped' })));
  const reason = expect.stringContaining('end it, without what it has in memory, with: phoenix stop 1005');
  expect(await convergeStep(vm as Manager, host, rests)).toMatchObject({ outcome: 'refused', reason });
  const why = expect.stringContaining('is declared as stopped');
  expect(await power(vm as Manager, rests, 'restart')).toMatchObject({ outcome: 'failed', reason: why });
  expect(await power(vm as Manager, rests, 'stop')).toMatchObject({ outcome: 'applied' });
  expect(await convergeStep(vm as Manager, host, rests)).toEqual({ outcome: 'done', actions: [] });
});

test('a restart that is due is not made again where somebody restarted the VM with Proxmox', async () => {
  const one = wanted(targetOf(machine(1005)));
  await make(vm as Manager, one);
  const pid = (await host.read('/run/qemu-server/1005.pid')).trim();
  const due = `$1#- phoenix-restart%3A due while process ${pid} runs\n`;
  await host.write(MACHINE_FILE, (await host.read(MACHINE_FILE)).replace(/(#- phoenix-commit.*\n)/, due));
  const again = async () => (await vm.decide(one as never, await vm.observe(host, one as never))) as Decision;
  expect(JSON.stringify(await again())).toContain('shutdown');
  await qm('stop', '1005');
  await qm('start', '1005');
  changes();
  expect(await convergeStep(vm as Manager, host, one)).toMatchObject({ outcome: 'done' });
  expect(changes()).toEqual([expect.stringMatching(/^qm set 1005 --description/)]);
  expect(await host.read(MACHINE_FILE)).not.toContain('phoenix-restart');
  expect(await convergeStep(vm as Manager, host, one)).toEqual({ outcome: 'done', actions: [] });
});

test('a restart that is due stays due where the VM only went on in another process', async () => {
  const one = wanted(targetOf(machine(1005)));
  await make(vm as Manager, one);
  const pid = (await host.read('/run/qemu-server/1005.pid')).trim();
  const due = `$1#- phoenix-restart%3A due while process ${pid} runs\n`;
  await host.write(MACHINE_FILE, (await host.read(MACHINE_FILE)).replace(/(#- phoenix-commit.*\n)/, due));
  await qm('suspend', '1005', '--todisk', '1');
  await qm('start', '1005');
  expect((await host.read('/run/qemu-server/1005.pid')).trim()).not.toBe(pid);
  changes();
  expect(await convergeStep(vm as Manager, host, one)).toMatchObject({ outcome: 'done' });
  expect(changes()).toEqual([
    'qm shutdown 1005 --forceStop 1 --timeout 120',
    'qm start 1005',
    expect.stringMatching(/^qm set 1005 --description/),
  ]);
  expect(await host.read(MACHINE_FILE)).not.toContain('phoenix-restart');
});

test('a restart that a person asks for is the one that is due', async () => {
  const one = wanted(targetOf(machine(1005)));
  await make(vm as Manager, one);
  const path = '/etc/pve/qemu-server/1005.conf';
  await host.write(path, (await host.read(path)).replace(/(#- phoenix-commit.*\n)/, '$1#- phoenix-restart%3A due\n'));
  expect(await power(vm as Manager, one, 'stop')).toMatchObject({ outcome: 'applied' });
  expect(await host.read(path)).toContain('phoenix-restart');
  expect(await power(vm as Manager, one, 'restart')).toMatchObject({ outcome: 'applied' });
  expect(await host.read(path)).not.toContain('phoenix-restart');
  changes();
  expect(await convergeStep(vm as Manager, host, one)).toEqual({ outcome: 'done', actions: [] });
});

test('a VM that goes on from a disk was not booted: what is due stays due', async () => {
  const one = wanted(targetOf(machine(1005)));
  await make(vm as Manager, one);
  const noted = (await host.read(MACHINE_FILE)).replace(/(#- phoenix-commit.*\n)/, '$1#- phoenix-restart%3A due\n');
  await host.write(MACHINE_FILE, noted);
  await qm('suspend', '1005', '--todisk', '1');
  changes();
  expect(await power(vm as Manager, one, 'start')).toMatchObject({ outcome: 'applied' });
  expect(changes()).toEqual(['qm start 1005']);
  expect(await host.read(MACHINE_FILE)).toContain('phoenix-restart');
});

test('a VM template stays a template: it is converged to its end and never started', async () => {
  const template = wanted(targetOf(machine(9000, { isTemplate: true })));
  await make(vm as Manager, template);
  expect((vm as Manager).power?.role(template.spec ?? {})).toBe('rests');
  for (const requested of ['start', 'restart'] as const) {
    const { outcome, reason } = await power(vm as Manager, template, requested);
    expect([outcome, reason]).toEqual(['failed', expect.stringContaining('never started')]);
  }
  expect(await convergeStep(vm as Manager, host, template)).toEqual({ outcome: 'done', actions: [] });
  expect(changes()).toEqual([]);
});
