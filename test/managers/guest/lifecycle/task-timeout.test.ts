// The time limit of Proxmox tasks that a guest declares.

import { describe, expect, test } from 'vitest';
import { withinTaskTimeout } from '../../../../src/managers/guest/lifecycle/task-timeout.ts';
import { runInside, shutDown, startGuest, takeSnapshot } from '../../../../src/managers/guest/proxmox/command.ts';
import type { Kind } from '../../../../src/managers/kind.ts';
import { lxc } from '../../../../src/managers/lxc/manager.ts';
import { resizeDisk } from '../../../../src/managers/vm/drives/disks.ts';
import { vm } from '../../../../src/managers/vm/manager.ts';
import type { Action } from '../../../../src/model/action.ts';
import { container, gone, machine, targetOf, wanted } from '../../guests.ts';

const inside = { summary: 'ask', impact: 'live', do: runInside('qm', 101, ['true'], 30) } as const;
const ACTIONS: readonly Action[] = [
  startGuest('pct', 101),
  shutDown('pct', 101),
  resizeDisk(1001, 'scsi0', 'the disk', 8),
  takeSnapshot('qm', 1001, 'x'),
  inside,
];
const guest = (taskTimeoutSeconds: number | null) => targetOf(container(101, { taskTimeoutSeconds }));

const acting = withinTaskTimeout({
  decide: () => ({ kind: 'actions', actions: ACTIONS }),
  rollback: () => ({ snapshot: ACTIONS, restore: ACTIONS, discard: ACTIONS }),
  power: {
    role: () => 'free',
    state: () => 'absent',
    running: () => 'absent',
    decide: () => ({ kind: 'actions', actions: ACTIONS }),
  },
});
type Asked = Parameters<typeof acting.decide>;
const NOTHING = null as unknown as Asked[1];

/** Arguments of each command with a number of seconds, and the limit. */
function bounds(actions: readonly Action[]) {
  return actions.map(({ do: one }) => {
    if (one.kind !== 'command') throw new Error(`${one.kind} is no command`);
    const at = one.args.indexOf('--timeout');
    return [one.args[0], one.timeoutSeconds, ...(at < 0 ? [] : [one.args[at + 1]])];
  });
}

function decided(asked: unknown) {
  const decision = acting.decide(asked as Asked[0], NOTHING);
  return decision.kind === 'actions' ? bounds(decision.actions) : decision;
}

const DEFAULTS = [
  ['start', 300],
  ['shutdown', 240, '120'],
  ['disk', 120],
  ['snapshot', 600],
  ['guest', 60, '30'],
];
const DECLARED = [
  ['start', 1800],
  ['shutdown', 1800, '900'],
  ['disk', 1800],
  ['snapshot', 1800],
  ['guest', 60, '30'],
];

describe('task_timeout_seconds', () => {
  test('bounds each task of Proxmox, and nothing that runs inside the guest', () => {
    expect(decided(wanted(guest(null)))).toEqual(DEFAULTS);
    expect(decided(wanted(guest(1800)))).toEqual(DECLARED);
    // Of one that is no longer declared, and of one that the ledger knows from before the field.
    expect(decided(gone(guest(1800)))).toEqual(DECLARED);
    const { taskTimeoutSeconds: _, ...old } = guest(null).spec;
    expect(decided(gone({ ...guest(null), spec: old }))).toEqual(DEFAULTS);
  });

  test('applies to a person’s requests and to rollbacks as well', () => {
    const asked = wanted(guest(1800)) as unknown as Asked[0];
    const power = acting.power.decide(asked, 'restart', NOTHING);
    expect(power.kind === 'actions' && bounds(power.actions)).toEqual(DECLARED);
    const back = acting.rollback(asked, NOTHING, []);
    if (back === null || 'noRollback' in back) throw new Error('there is no way back');
    expect([back.snapshot, back.restore, back.discard].map(bounds)).toEqual([DECLARED, DECLARED, DECLARED]);
  });

  test('has no impact when it changes, and changes no digest while it is undeclared', () => {
    const kinds = [
      [lxc as Kind, (taskTimeoutSeconds: number | null) => targetOf(container(101, { taskTimeoutSeconds }))],
      [vm as Kind, (taskTimeoutSeconds: number | null) => targetOf(machine(1001, { taskTimeoutSeconds }))],
    ] as const;
    for (const [kind, make] of kinds) {
      const [{ id: target, spec: before }, { spec: after }] = [make(null), make(900)];
      expect(kind.impact({ target, verb: 'update', before, after, fields: [] })).toBe('live');
      const { taskTimeoutSeconds: _, ...old } = before;
      expect(kind.recorded?.(before)).toEqual(kind.recorded?.(old));
      expect(kind.recorded?.(after)).not.toEqual(kind.recorded?.(old));
    }
  });
});
