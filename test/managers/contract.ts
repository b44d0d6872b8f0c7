// What every manager must do whose targets are not guests, shown on a real or a lab host. A manager's own test calls
//
//   testContract(manager, [{ name, open, target, changed, state, … }, …])
//
// with one case for each sort of target. `open` gives a host as it is before anything was done, afresh each time: the lab host of
// test/support/host/lab-host.ts, or any other with services and files of its own around it; what else it started it ends in `close`.
// `state` returns the state of the host in a comparable form, without random parts.

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { differencesOf } from '../../src/agent/apply/differences.ts';
import { runProbe } from '../../src/agent/apply/run-action.ts';
import { sealWanted } from '../../src/agent/apply/seal.ts';
import { KEY_FILE } from '../../src/io/host/secret-digests.ts';
import type { Manager, Wanted } from '../../src/managers/manager.ts';
import type { Target } from '../../src/model/target.ts';
import type { CommandResult, Host } from '../../src/ports/host.ts';
import { convergeStep, convergeTwice, KILLS } from './carry-out.ts';
import { gone, wanted } from './guests.ts';

export interface ContractCase<H extends Host> {
  readonly name: string;
  open(): Promise<H>;
  readonly target: Target;
  /** The same target declared otherwise. */
  readonly changed: Target;
  /** What the target is about, as it is on the host. */
  state(host: H): Promise<unknown>;
  /** Commands and requests that an observation of the whole host may need, whatever is declared. Default: none, only files. */
  readonly looks?: number;
  /** Texts that may appear in no argument, action or output. */
  readonly secrets?: readonly string[];
  /** False where nothing on such a host can answer the question for its health. */
  readonly healthy?: false;
  /** False where Phoenix does not remove what was declared before. */
  readonly removable?: false;
  /** Nothing on the host marks its owner: only the ledger knows what was applied. */
  readonly byLedger?: true;
  /** What others created and must stay unchanged. */
  readonly foreign?: Foreign<H>;
}

interface Foreign<H> {
  make(host: H): Promise<void>;
  state(host: H): Promise<unknown>;
  /** It is in the target's place: then the target is refused, with these words in the reason. Otherwise both can exist. */
  readonly refused?: string;
}

export function testContract<H extends Host>(manager: Manager, cases: readonly ContractCase<H>[]): void {
  describe.each(cases)('$name', (each) => {
    const { target, changed, state, foreign, looks = 0 } = each;
    const change = wanted(changed, { before: target.spec });
    /** Decided again once something was begun. */
    const again = wanted(target, each.byLedger === true ? { before: target.spec } : {});
    let host: H;
    beforeEach(async () => {
      host = await openKnown();
    });
    afterEach(() => host.close());

    /** With a constant key for digests, so that states can be compared. */
    async function openKnown(): Promise<H> {
      const opened = await each.open();
      const content = { from: 'text', text: `${'0123456789abcdef'.repeat(4)}\n` } as const;
      await opened.writeFile({ kind: 'file', path: KEY_FILE, content, mode: 0o600 });
      return opened;
    }

    async function reopen(): Promise<void> {
      await host.close();
      host = await openKnown();
    }

    test('is made, works, and a second apply does nothing', async () => {
      const made = await convergeStep(manager, host, wanted(target));
      expect(made).toMatchObject({ outcome: 'done' });
      expect(made.actions).not.toEqual([]);
      if (each.healthy !== false) expect(await answerOf(manager, host, target)).toMatchObject({ exit: 0 });
      expect(await convergeStep(manager, host, again)).toEqual({ outcome: 'done', actions: [] });
    });

    test('is changed, and a second apply does nothing', async () => {
      expect(await convergeStep(manager, host, wanted(target))).toMatchObject({ outcome: 'done' });
      const first = await state(host);
      const found = await namedOn(host, change);
      expect(found.fields.length > 0, JSON.stringify(found)).toBe(!found.isSettled);
      expect(await convergeStep(manager, host, change)).toMatchObject({ outcome: 'done' });
      expect(await state(host)).not.toEqual(first);
      expect(await namedOn(host, change)).toEqual({ fields: [], isSettled: true });
      if (each.healthy !== false) expect(await answerOf(manager, host, changed)).toMatchObject({ exit: 0 });
      expect(await convergeStep(manager, host, change)).toEqual({ outcome: 'done', actions: [] });
    });

    /** What a full observation finds otherwise than declared, and whether nothing is to be done about it. */
    async function namedOn(on: H, asked: Wanted) {
      const { wanted: ask } = await sealWanted(on, asked, false);
      const seen = await manager.observe(on, ask);
      const decision = manager.decide(ask, seen);
      const isSettled = decision.kind === 'actions' && decision.actions.every(({ notes }) => notes === true);
      return { fields: differencesOf(manager, ask, seen), isSettled };
    }

    test('a glance is enough to see that nothing is to be done, and sees when something is', async () => {
      expect(await convergeStep(manager, host, wanted(target))).toMatchObject({ outcome: 'done' });
      const { wanted: asProved } = await sealWanted(host, wanted(target, { before: target.spec }), false);
      const { wanted: other } = await sealWanted(host, change, false);
      const { watched, calls } = watch(host);
      const inventory = await manager.inventory(watched);
      const seen = manager.quickCheck(inventory, asProved);
      expect(seen).not.toBeNull();
      expect(manager.decide(asProved, seen)).toEqual({ kind: 'actions', actions: [] });
      expect(manager.differences(asProved, seen)).toEqual([]);
      expect(manager.isThere?.(asProved, seen) ?? true).toBe(true);
      const glanced = manager.quickCheck(inventory, other);
      if (glanced !== null) expect(manager.decide(other, glanced)).not.toEqual({ kind: 'actions', actions: [] });
      expect(calls.length, calls.join('\n')).toBeLessThanOrEqual(looks);
    });

    test('looking changes nothing', async () => {
      for (const ask of [wanted(target), gone(target)]) {
        const before = await state(host);
        manager.quickCheck(await manager.inventory(readOnly(host)), ask);
        manager.decide(ask, await manager.observe(readOnly(host), ask));
        expect(await state(host)).toEqual(before);
        await convergeStep(manager, host, wanted(target));
      }
    });

    test('a commit alone is no reason to touch it', async () => {
      expect(await convergeStep(manager, host, wanted(target))).toMatchObject({ outcome: 'done' });
      const origin = { repository: 'https://git.example/infra.git', commit: 'd'.repeat(40) };
      expect(await convergeStep(manager, host, { ...again, origin })).toEqual({ outcome: 'done', actions: [] });
    });

    for (const { where, options, kills } of KILLS)
      test(`killed ${where}, the next run comes to the same end`, options, async ({ skip }) => {
        const first = await convergeStep(manager, host, wanted(target));
        const made = await state(host);
        const second = await convergeStep(manager, host, change);
        const expected = await state(host);
        expect([first.outcome, second.outcome]).toEqual(['done', 'done']);
        const todo = kills(first.actions.length, second.actions.length);
        skip(todo.length === 0, 'it has no such action');
        for (const kill of todo) {
          await reopen();
          await convergeTwice(manager, host, wanted(target), { after: kill.made, again });
          expect(await state(host), `made, killed after ${kill.made}`).toEqual(made);
          await convergeTwice(manager, host, change, { after: kill.changed });
          expect(await state(host), `changed, killed after ${kill.changed}`).toEqual(expected);
        }
      });

    test.skipIf(each.removable === false)('is taken away, and a second time does nothing', async () => {
      await convergeStep(manager, host, wanted(target));
      const away = gone(target, { approved: true });
      expect(await convergeStep(manager, host, away)).toMatchObject({ outcome: 'done' });
      expect(await convergeStep(manager, host, away)).toEqual({ outcome: 'done', actions: [] });
      expect(await convergeStep(manager, host, wanted(target))).toMatchObject({ outcome: 'done' });
    });

    test.skipIf(foreign === undefined)('what is not ours stays as it is, whatever is asked', async () => {
      if (foreign === undefined) return;
      await foreign.make(host);
      const found = await foreign.state(host);
      const others = each.byLedger === true ? [] : [change, gone(changed, { approved: true })];
      for (const ask of [wanted(target, { approved: true }), ...others]) {
        const end = await convergeStep(manager, host, ask);
        if (foreign.refused === undefined) expect(end).toMatchObject({ outcome: 'done' });
        else if (ask.spec !== undefined) {
          expect(end).toMatchObject({ outcome: 'refused', actions: [] });
          expect(end).toHaveProperty('reason', expect.stringContaining(foreign.refused));
        }
        expect(await foreign.state(host)).toEqual(found);
      }
    });

    test.skipIf(each.secrets === undefined)('a secret is in no argument, no action and no output', async () => {
      const { watched, calls } = watch(host);
      const ends = [await convergeStep(manager, watched, wanted(target)), await convergeStep(manager, watched, change)];
      const shown = `${JSON.stringify(ends)}\n${calls.join('\n')}`;
      for (const secret of each.secrets ?? []) expect(shown).not.toContain(secret);
    });
  });
}

/** What the question for the health of a target is answered; well where there is none. */
async function answerOf(manager: Manager, host: Host, target: Target): Promise<Partial<CommandResult>> {
  const probe = manager.health(wanted(target));
  if (probe === null) return { exit: 0 };
  const log = { write: () => {}, flush: async () => {} };
  return runProbe(host, probe.command, { signal: new AbortController().signal, log });
}

/** Records the commands and requests to the host, and the answers. */
function watch(host: Host): { readonly watched: Host; readonly calls: string[] } {
  const calls: string[] = [];
  const watched: Host = {
    ...host,
    async run(command, options) {
      const result = await host.run(command, options);
      calls.push(`${[command.program, ...command.args].join(' ')}\n${result.stdout}${result.stderr}`);
      return result;
    },
    async request(request, options) {
      const answer = await host.request(request, options);
      calls.push(`${request.method} ${request.url}\n${answer.body}`);
      return answer;
    },
  };
  return { watched, calls };
}

/** A host that is only looked at. */
function readOnly(host: Host): Host {
  const refuse = async () => {
    throw new Error('a look must change nothing');
  };
  return { ...host, writeFile: refuse, makeFolder: refuse, sign: refuse };
}
