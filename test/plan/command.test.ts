// The plan of a verb: which targets it includes, their order, and the dependants and protected guests for which it is refused.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TargetId } from '../../src/model/ids.ts';
import { VERBS } from '../../src/model/verbs.ts';
import {
  type Asked as AskedOfRow,
  choose as chooseByRow,
  commandPlan,
  type Situation,
} from '../../src/plan/command.ts';
import { dependants, withNeeds } from '../../src/plan/order/scope.ts';
import { targets } from './targets.ts';

type Verb = 'start' | 'stop' | 'restart' | 'delete' | 'health-check';
interface Asked extends Omit<AskedOfRow, 'row'> {
  readonly verb: Verb;
}

const choose = ({ verb, ...asked }: Asked, situation: Situation) =>
  chooseByRow({ row: VERBS[verb], ...asked }, situation);

const TO = { to: 'x', impact: () => 'destroy' as const };
const ids = (...names: string[]) => names as TargetId[];

/** Any environment, in any state, with any targets named. */
const situations = targets
  .filter((made) => made.size > 0)
  .chain((made) => {
    const all = [...made.keys()];
    const guests = all.filter((id) => /^(lxc|vm)/.test(id));
    const states = fc.tuple(...guests.map(() => fc.constantFrom('running', 'stopped', 'absent')));
    return fc.record({
      targets: fc.constant(made),
      states: states.map((each) => new Map(guests.map((id, index) => [id, each[index] ?? 'absent']))),
      resting: fc.subarray(guests).map((some) => new Set(some)),
      named: fc.subarray(all, { minLength: 1 }),
    }) as fc.Arbitrary<Situation & { named: TargetId[] }>;
  });
const asks = fc.record({
  verb: fc.constantFrom<Verb>('start', 'stop', 'restart', 'delete', 'health-check'),
  cascade: fc.boolean(),
});

function ask(asked: Asked, situation: Situation): string[] {
  const choice = choose(asked, situation);
  if (choice.kind === 'refused') return [`refused: ${choice.because}: ${choice.targets}`];
  return commandPlan(VERBS[asked.verb], choice.targets, situation, TO).steps.map(({ target }) => target);
}

describe('properties of a plan for a verb', () => {
  test('orders each step after everything that it waits for, directly or through targets without a step', () => {
    fc.assert(
      fc.property(situations, asks, ({ named, ...situation }, asked) => {
        const choice = choose({ ...asked, targets: named }, situation);
        if (choice.kind === 'refused') return;
        const { steps } = commandPlan(VERBS[asked.verb], choice.targets, situation, TO);
        const place = new Map(steps.map(({ target }, index) => [target, index]));
        expect([...place.keys()].sort()).toEqual([...choice.targets].sort());
        if (asked.verb === 'health-check') return;
        const ends = asked.verb === 'stop' || asked.verb === 'delete';
        for (const { target } of steps) {
          for (const need of withNeeds([target], situation.targets)) {
            const [before, after] = ends ? [target, need] : [need, target];
            if (need !== target && place.has(need)) expect(place.get(before)).toBeLessThan(place.get(after) ?? -1);
          }
        }
      }),
    );
  });

  test('includes every named target, never starts a template, and switches only what can run', () => {
    fc.assert(
      fc.property(situations, asks, ({ named, ...situation }, asked) => {
        const choice = choose({ ...asked, targets: named }, situation);
        if (choice.kind === 'refused') return;
        for (const target of named) expect(choice.targets).toContain(target);
        if (asked.verb === 'delete' || asked.verb === 'health-check') return;
        for (const target of choice.targets) {
          expect(situation.states.has(target)).toBe(true);
          if (asked.verb !== 'stop') expect(situation.resting.has(target)).toBe(false);
        }
      }),
    );
  });

  test('start adds only targets that are needed and not running', () => {
    fc.assert(
      fc.property(situations, ({ named, ...situation }) => {
        const choice = choose({ verb: 'start', targets: named, cascade: false }, situation);
        if (choice.kind === 'refused') return;
        for (const target of choice.targets) {
          if (named.includes(target)) continue;
          expect(withNeeds(named, situation.targets)).toContain(target);
          expect(situation.states.get(target)).not.toBe('running');
        }
      }),
    );
  });

  test('stop and delete neither leave a running dependant behind nor include one that nobody asked for', () => {
    fc.assert(
      fc.property(situations, asks, ({ named, ...situation }, { cascade }) => {
        for (const verb of ['stop', 'delete'] as const) {
          const choice = choose({ verb, targets: named, cascade }, situation);
          if (choice.kind === 'refused') continue;
          const ending = [...choice.targets].filter(
            (id) => verb === 'delete' || situation.states.get(id) === 'running',
          );
          for (const other of dependants(ending, situation.targets)) {
            if (situation.states.get(other) === 'running') expect(choice.targets).toContain(other);
          }
          if (!cascade) expect([...choice.targets].sort()).toEqual([...named].sort());
        }
      }),
    );
  });

  test('restart concerns the named targets alone', () => {
    fc.assert(
      fc.property(situations, ({ named, ...situation }) => {
        const choice = choose({ verb: 'restart', targets: named, cascade: true }, situation);
        if (choice.kind === 'chosen') expect([...choice.targets].sort()).toEqual([...named].sort());
      }),
    );
  });
});

describe('the chain of the reference configuration', () => {
  const need: Record<string, string[]> = {
    'vm/9000': [],
    'lxc/103': [],
    'certificate/a': ['lxc/103'],
    'lxc/101': ['certificate/a'],
    'vm/1001': ['vm/9000', 'lxc/101'],
    'stack/1001.web': ['vm/1001'],
  };
  const situation = (states: Record<string, 'running' | 'stopped' | 'absent'>, isProtected = ''): Situation => ({
    targets: new Map(
      Object.entries(need).map(([id, needs]) => [
        id as TargetId,
        { id: id as TargetId, spec: {}, needs: ids(...needs), protected: id === isProtected },
      ]),
    ),
    states: new Map(Object.entries(states) as [TargetId, 'running'][]),
    resting: new Set(ids('vm/9000')),
  });
  const up = situation({ 'vm/9000': 'stopped', 'lxc/103': 'running', 'lxc/101': 'running', 'vm/1001': 'running' });
  const down = situation({ 'vm/9000': 'stopped', 'lxc/103': 'running', 'lxc/101': 'stopped', 'vm/1001': 'stopped' });

  test('stopping a leaf stops nothing else', () => {
    expect(ask({ verb: 'stop', targets: ids('vm/1001'), cascade: false }, up)).toEqual(['vm/1001']);
  });

  test('stopping the CA is refused with the names of its dependants, and with cascade stops them first', () => {
    const asked = { verb: 'stop', targets: ids('lxc/103') } as const;
    expect(ask({ ...asked, cascade: false }, up)).toEqual(['refused: is needed: lxc/101,vm/1001']);
    expect(ask({ ...asked, cascade: true }, up)).toEqual(['vm/1001', 'lxc/101', 'lxc/103']);
    expect(ask({ ...asked, cascade: false }, down)).toEqual(['lxc/103']);
  });

  test('starting the last one first starts what it needs, except for the template and what is running', () => {
    expect(ask({ verb: 'start', targets: ids('vm/1001'), cascade: false }, down)).toEqual(['lxc/101', 'vm/1001']);
    expect(ask({ verb: 'start', targets: ids('vm/9000'), cascade: false }, down)).toEqual(['refused: rests: vm/9000']);
  });

  test('a target that cannot run is not switched', () => {
    expect(ask({ verb: 'stop', targets: ids('certificate/a'), cascade: false }, up)).toEqual([
      'refused: does not run: certificate/a',
    ]);
  });

  test('deleting a guest is refused with the names of what is applied in it, and with cascade deletes that first; parts of the host stay', () => {
    const needs = { ...need, 'hypervisor/trust': ['lxc/103'], 'portainer/environment.web': ['vm/1001'] };
    const targets = new Map(
      Object.entries(needs).map(([id, each]) => [
        id as TargetId,
        { id: id as TargetId, spec: {}, needs: ids(...each), protected: false },
      ]),
    );
    const applied = { ...up, targets, recorded: new Set(targets.keys()) };
    const vm = { verb: 'delete', targets: ids('vm/1001') } as const;
    expect(ask({ ...vm, cascade: false }, applied)).toEqual([
      'refused: is applied and needs it: portainer/environment.web,stack/1001.web',
    ]);
    expect(ask({ ...vm, cascade: true }, applied).at(-1)).toBe('vm/1001');
    expect(ask({ ...vm, cascade: true }, applied).sort()).toEqual([
      'portainer/environment.web',
      'stack/1001.web',
      'vm/1001',
    ]);
    // Where nothing of it is applied there is nothing in the way.
    expect(ask({ ...vm, cascade: false }, { ...applied, recorded: new Set() })).toEqual(['vm/1001']);
    const ca = ask({ verb: 'delete', targets: ids('lxc/103'), cascade: true }, applied);
    expect(ca).not.toContain('hypervisor/trust');
    expect(ca).toEqual(expect.arrayContaining(['certificate/a', 'lxc/101', 'stack/1001.web']));
  });

  test('a protected guest is never deleted, not even by a cascade', () => {
    const guarded = situation({ 'lxc/103': 'stopped', 'lxc/101': 'stopped', 'vm/1001': 'absent' }, 'lxc/101');
    const asked = { verb: 'delete', targets: ids('lxc/103') } as const;
    expect(ask({ ...asked, cascade: true }, guarded)).toEqual(['refused: is protected: lxc/101']);
    expect(ask({ ...asked, cascade: false }, guarded)).toEqual(['lxc/103']);
  });
});
