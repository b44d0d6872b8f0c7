// The conformance suite for managers of guests, on a lab host. A manager's own test supplies guests of its kind.

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { differencesOf } from '../../src/agent/apply/differences.ts';
import { sealWanted } from '../../src/agent/apply/seal.ts';
import type { Manager } from '../../src/managers/manager.ts';
import type { Target } from '../../src/model/target.ts';
import { guardedHost } from '../support/host/guarded-host.ts';
import { type LabHost, openLabHost } from '../support/host/lab-host.ts';
import { LONG_TEST } from '../support/long.ts';
import { convergeStep, convergeTwice, KILLS, killPoints } from './carry-out.ts';
import { gone, IMAGE, wanted } from './guests.ts';
import { step } from './step.ts';

export interface Case {
  readonly name: string;
  /** Created first, in this order; the target of the case needs them. */
  readonly before: readonly Target[];
  readonly target: Target;
  /** The same guest declared otherwise. */
  readonly changed: Target;
}

/** `program` creates and shows guests; `foreign` are the arguments that create one with that id without Phoenix. */
export function testManager(
  manager: Manager,
  cases: readonly Case[],
  foreign: {
    readonly program: string;
    readonly args: (id: string) => readonly string[];
    readonly conf: (id: string) => string;
  },
): void {
  let host: LabHost;
  const open = async (): Promise<void> => {
    host = await openLabHost([], { 'env:SECRET': SECRET });
    await host.write(`/var/lib/vz/template/iso/${IMAGE}`, 'image'.repeat(1000));
  };
  beforeEach(open);
  afterEach(() => host.close());
  const reopen = async (): Promise<void> => {
    await host.close();
    await open();
  };

  async function make(targets: readonly Target[]): Promise<void> {
    for (const target of targets)
      expect(await convergeStep(manager, host, wanted(target))).toMatchObject({ outcome: 'done' });
  }

  /** The host's files about the guest, without what Proxmox chooses by chance. */
  async function state(target: Target): Promise<string> {
    const id = target.id.split('/')[1] ?? '';
    const conf = await host.readFile(foreign.conf(id));
    const firewall = await host.readFile(`/etc/pve/firewall/${id}.fw`);
    const status = conf === undefined ? '' : (await run([...STATUS, id])).stdout;
    return `${conf ?? ''}\n${firewall ?? ''}\n${status}\n${await volumes(id)}`
      .replaceAll(/BC:24:11(:[0-9A-F]{2}){3}/g, 'MAC')
      .replaceAll(/(snaptime|vmgenid|smbios1|meta): \S+/g, '$1')
      .replaceAll(/disk-\d+/g, 'disk-N');
  }
  const STATUS = ['status'];

  /** The guest's volumes on the storages, and its notes: a volume that nothing refers to any more shows here. */
  async function volumes(id: string): Promise<string> {
    const lists = await Promise.all(
      ['rpool', 'local'].map((storage) =>
        host.run({ kind: 'command', program: 'pvesm', args: ['list', storage, '--vmid', id], timeoutSeconds: 10 }),
      ),
    );
    const sorted = lists.map(({ stdout }) => stdout.split('\n').slice(1).toSorted().join('\n'));
    return [...sorted, (await host.readFile(`/var/lib/phoenix/volumes/${id}.json`)) ?? ''].join('\n');
  }
  const run = (args: readonly string[]) =>
    host.run({ kind: 'command', program: foreign.program, args, timeoutSeconds: 10 });

  describe.each(cases)('$name', ({ before, target, changed }) => {
    test('is made, and a second apply does nothing', async () => {
      await make([...before, target]);
      expect(await convergeStep(manager, host, wanted(target))).toEqual({ outcome: 'done', actions: [] });
    });

    test('is changed, and a second apply does nothing', async () => {
      await make([...before, target]);
      const change = wanted(changed, { before: target.spec });
      const { wanted: sealed } = await sealWanted(host, change, false);
      const seen = await manager.observe(host, sealed);
      const decision = manager.decide(sealed, seen);
      const settled = decision.kind === 'actions' && decision.actions.every(({ notes }) => notes === true);
      const found = differencesOf(manager, sealed, seen);
      expect(found.length > 0, JSON.stringify({ found, decision })).toBe(!settled);
      expect((await convergeStep(manager, host, change)).outcome).toBe('done');
      expect(differencesOf(manager, sealed, await manager.observe(host, sealed))).toEqual([]);
      expect(await convergeStep(manager, host, change)).toEqual({ outcome: 'done', actions: [] });
    });

    test('a glance at all guests is enough to see that nothing is to be done', async () => {
      await make([...before, target]);
      host.forget();
      const inventory = await manager.inventory(guardedHost(host));
      const asProved = wanted(target, { before: target.spec });
      const seen = manager.quickCheck(inventory, asProved);
      expect(seen).not.toBeNull();
      expect(manager.decide(asProved, seen)).toEqual({ kind: 'actions', actions: [] });
      expect(manager.quickCheck(inventory, wanted(changed, { before: target.spec }))).toBeNull();
      const proofs = host.commands.filter((line) => line === 'pve-firewall compile');
      expect(host.commands).toHaveLength(1 + proofs.length);
      expect(proofs.length).toBeLessThanOrEqual(1);
    });

    test('a commit alone is no reason to touch it', async () => {
      await make([...before, target]);
      const later = wanted(target, { origin: { repository: 'https://git.example/infra.git', commit: 'd'.repeat(40) } });
      expect(await convergeStep(manager, host, later)).toEqual({ outcome: 'done', actions: [] });
    });

    for (const { where, options, kills } of KILLS)
      test(`killed ${where}, the next run comes to the same end`, options, async ({ skip }) => {
        await make(before);
        const change = wanted(changed, { before: target.spec });
        const made = await convergeStep(manager, host, wanted(target));
        const { outcome, actions } = await convergeStep(manager, host, change);
        expect([made.outcome, outcome]).toEqual(['done', 'done']);
        const expected = await state(target);
        const todo = kills(made.actions.length, actions.length);
        skip(todo.length === 0, 'it has no such action');
        for (const kill of todo) {
          await reopen();
          await make(before);
          await convergeTwice(manager, host, wanted(target), { after: kill.made });
          await convergeTwice(manager, host, change, { after: kill.changed });
          expect(await state(target)).toBe(expected);
        }
      });

    test('with a way back it comes to the same end, killed at any action as well', LONG_TEST, async () => {
      await make([...before, target]);
      const change = wanted(changed, { before: target.spec });
      const { actions } = await convergeStep(manager, host, change);
      const expected = (await state(target)).replaceAll(/\nparent: .*/g, '');
      // Its way back is one more at the beginning and one more at the end.
      for (const after of [...killPoints(actions.length + 2), Infinity]) {
        await reopen();
        await make([...before, target]);
        const first = await step(manager, host, change, after);
        const end = first === 'killed' ? await step(manager, host, change) : first;
        expect(end, `killed after ${after}`).toMatchObject({ outcome: 'applied' });
        expect((await state(target)).replaceAll(/\nparent: .*/g, '')).toBe(expected);
      }
    });

    test('one that is not ours is left alone, whatever is asked', async () => {
      await make(before);
      const id = target.id.split('/')[1] ?? '';
      expect(await run(foreign.args(id))).toMatchObject({ exit: 0 });
      const found = await state(target);
      for (const ask of [wanted(target, { approved: true }), gone(target, { approved: true })]) {
        const end = await convergeStep(manager, host, ask);
        expect(end).toMatchObject({ outcome: 'refused', actions: [] });
        expect(end).toHaveProperty('reason', expect.stringContaining(`phoenix adopt ${target.id}`));
      }
      expect(await state(target)).toBe(found);
    });

    test('it is destroyed only when that was approved, and never when it is protected', async () => {
      await make([...before, target]);
      expect(await convergeStep(manager, host, gone(target))).toMatchObject({ outcome: 'refused', actions: [] });
      const kept = gone(target, { approved: true, protected: true });
      expect(await convergeStep(manager, host, kept)).toMatchObject({ outcome: 'refused', actions: [] });
      expect((await convergeStep(manager, host, gone(target, { approved: true }))).outcome).toBe('done');
      expect(await host.has(foreign.conf(target.id.split('/')[1] ?? ''))).toBe(false);
      expect(await convergeStep(manager, host, gone(target))).toEqual({ outcome: 'done', actions: [] });
    });

    test('a lock is waited for, and never taken away', async () => {
      await make([...before, target]);
      const path = foreign.conf(target.id.split('/')[1] ?? '');
      await host.write(path, `lock: backup\n${await host.read(path)}`);
      const end = await convergeStep(manager, host, wanted(changed, { before: target.spec }));
      expect(end).toMatchObject({ outcome: 'refused', actions: [] });
      expect(end).toHaveProperty('reason', expect.stringContaining('is locked (backup)'));
    });

    test('a creation that was broken off inside Proxmox is told, with what to do', async () => {
      await make(before);
      const id = target.id.split('/')[1] ?? '';
      await host.write(foreign.conf(id), 'lock: create\n');
      const end = await convergeStep(manager, host, wanted(target));
      expect(end).toMatchObject({ outcome: 'refused', actions: [] });
      expect(end).toHaveProperty('reason', expect.stringContaining(`${foreign.program} unlock ${id}`));
    });

    test('a secret is in no argument and no action', async () => {
      for (const one of before) await make([one]);
      const end = await convergeStep(manager, host, wanted(target));
      expect(JSON.stringify(end)).not.toContain(SECRET);
      expect(host.commands.join('\n')).not.toContain(SECRET);
    });
  });
}

const SECRET = '$6$salt$hash-of-a-password';
