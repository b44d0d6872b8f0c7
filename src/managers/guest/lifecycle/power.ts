// Starts, stops and restarts a guest at a person's request. Its configuration is not compared, and a template is never started.

import type { Action } from '../../../model/action.ts';
import { nameOf, type TargetId } from '../../../model/ids.ts';
import type { Power } from '../../../model/verbs.ts';
import type { Decision, PowerManager, RunningState, Wanted } from '../../manager.ts';
import type { GuestSpec } from '../guest-spec.ts';
import { type GuestInventory, stateInInventory } from '../observe/inventory.ts';
import { parseNotes } from '../observe/notes.ts';
import type { GuestObservation } from '../observe/observation.ts';
import { confPath, observeGuest } from '../observe/observe.ts';
import { withUnreadLines } from '../observe/unread-lines.ts';
import { guestName, type Program, startGuest } from '../proxmox/command.ts';
import { isTemplateConf } from '../proxmox/conf.ts';
import { brokenOff, impossible, notOurs, onOtherNode, unlessLocked } from './gate.ts';
import { endGuest, haltedRefusal } from './halted.ts';
import { recordRestart } from './restart-due.ts';
import { leftoverMemory } from './saved-memory.ts';
import { unreadableLine } from './unreadable-lines.ts';

type GuestPower = PowerManager<GuestSpec, GuestObservation, GuestInventory>;

export function guestPower(program: Program): GuestPower {
  return {
    observe: async (host, wanted) =>
      withUnreadLines(host, program, wanted, await observeGuest(host, program, wanted), null),
    role: roleOf,
    state: (inventory, target) => stateOf(program, inventory, target),
    running: ({ conf, running }) => (conf === null ? 'absent' : running ? 'running' : 'stopped'),
    decide: (wanted, requested, seen) => decidePower(program, wanted, requested, seen),
  };
}

function roleOf({ final }: GuestSpec): 'runs' | 'rests' | 'free' {
  if (final === 'running') return 'runs';
  return final === 'unmanaged' ? 'free' : 'rests';
}

/** Anything that is neither stopped nor absent, such as a paused VM, counts as running: it is in use. */
function stateOf(program: Program, inventory: GuestInventory, target: TargetId): RunningState {
  const id = nameOf(target);
  const state = stateInInventory(inventory, id);
  if (state === undefined) return inventory.files.has(confPath(program, Number(id))) ? 'stopped' : 'absent';
  return state === 'stopped' ? 'stopped' : 'running';
}

function decidePower(program: Program, wanted: Wanted<GuestSpec>, requested: Power, seen: GuestObservation): Decision {
  const id = Number(nameOf(wanted.target));
  const { conf } = seen;
  const away = onOtherNode(program, id, seen);
  if (away !== null) return away;
  if (conf === null) return impossible(`${guestName(program, id)} is not there; make it: phoenix create ${id}`);
  const refusal = brokenOff(program, id, conf) ?? notOurs(wanted, conf);
  if (refusal !== null) return refusal;
  if (requested !== 'stop' && (isTemplateConf(conf) || wanted.spec?.final === 'template'))
    return impossible(`${guestName(program, id)} is a template: others are made from it, and it is never started`);
  if (requested !== 'stop' && wanted.spec?.final === 'stopped')
    return impossible(`${guestName(program, id)} is declared as stopped; change its "state", or start it by hand`);
  if (requested === 'start' && seen.halted !== undefined && conf.settings['lock'] === undefined)
    return haltedRefusal(program, id, seen.halted, 'restart');
  const switched = powerActions(program, id, requested, seen);
  // One that is suspended to a disk goes on as it was.
  const isBooted = requested !== 'stop' && switched.length > 0 && conf.settings['lock'] !== 'suspended';
  const actions = [...switched, ...(isBooted ? recordRestart(program, id, parseNotes(conf.description)) : [])];
  return (
    leftoverMemory(id, conf, actions, seen.running) ??
    unreadableLine(program, id, conf, actions, seen.running) ??
    unlessLocked(program, id, conf, actions)
  );
}

function powerActions(program: Program, id: number, requested: Power, { running, halted }: GuestObservation): Action[] {
  const end = endGuest(program, id, halted);
  if (requested === 'stop') return running ? [end] : [];
  if (!running) return [startGuest(program, id)];
  return requested === 'start' ? [] : [end, startGuest(program, id)];
}
