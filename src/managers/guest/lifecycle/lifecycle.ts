// Brings a configured guest to its final state: started, scripts installed, snapshots taken, then kept running, shut down or turned into a template.
// The same for containers and VMs.

import type { Action } from '../../../model/action.ts';
import { type GuestSpec, isInstalled } from '../guest-spec.ts';
import type { Notes } from '../observe/notes.ts';
import { printNotes } from '../observe/notes.ts';
import type { GuestObservation } from '../observe/observation.ts';
import { action, call, guestName, type Program, shutDown, startGuest, takeSnapshot } from '../proxmox/command.ts';
import { installScripts, missingScripts, type Script, scriptsDigest } from '../scripts/scripts.ts';

/** Changes of the configuration, which are made before anything else. */
export interface Changes {
  readonly actions: readonly Action[];
  /** A change is pending until the next start. */
  readonly restart: boolean;
  /** The changes need the guest to be stopped. */
  readonly offline: boolean;
  /** What is done once the guest was restarted for them. */
  readonly restarted: readonly Action[];
}

export interface Life {
  readonly program: Program;
  readonly spec: GuestSpec;
  readonly seen: GuestObservation;
  /** The notes as they are, or will be once the changes are made. */
  readonly notes: Notes;
  /** Names of its existing snapshots. */
  readonly snapshots: readonly string[];
  readonly isTemplate: boolean;
  /** Why the guest cannot be snapshotted; null: it can. */
  readonly obstacle: string | null;
  readonly changes: Changes;
}

/** The next actions. Where the result of an action decides what follows, the list ends there and the next observation continues. */
export function decideLifecycle(life: Life): Action[] {
  const { program, spec, seen, changes } = life;
  const starts = mustRun(life);
  if (changes.actions.length > 0 || (changes.restart && seen.running)) {
    if (!seen.running) return [...changes.actions, ...(starts ? [startGuest(program, spec.id)] : [])];
    if (changes.offline) return [shutDown(program, spec.id), ...changes.actions, startGuest(program, spec.id)];
    if (!changes.restart) return [...changes.actions];
    return [...changes.actions, shutDown(program, spec.id), startGuest(program, spec.id), ...changes.restarted];
  }
  if (!seen.running) return starts ? [startGuest(program, spec.id)] : atRest(life);
  if (seen.silent && spec.scripts.length > 0 && !isComplete(life)) return [waitForAgent(spec.id)];
  return running(life);
}

/** Whether a stopped guest has to be started, permanently or to run its scripts. */
export function mustRun(life: Life): boolean {
  const { spec, notes } = life;
  if (spec.final === 'running') return true;
  if (spec.final === 'unmanaged') return notes.building;
  return spec.scripts.length > 0 && !isComplete(life);
}

function isComplete({ spec, notes, snapshots, isTemplate }: Life): boolean {
  return spec.final === 'template' ? isTemplate : isInstalled(spec, notes, snapshots);
}

/** Actions for what a running guest still lacks, and then for its final state. */
function running(life: Life): Action[] {
  const { program, spec, seen } = life;
  const complete = isComplete(life) && (spec.final === 'stopped' || spec.final === 'template');
  const missing = complete || seen.installed === null ? [] : missingOf(seen, spec.scripts);
  const installed = seen.installed === 'trusted' || seen.installed === null ? {} : seen.installed;
  const first = missing.length > 0 ? snapshotOnce(life, spec.snapshots.beforeScripts, spec.snapshots.atEnd) : [];
  const scripts = [...first, ...installScripts(program, spec.id, missing, installed)];
  if (spec.final === 'running' || spec.final === 'unmanaged')
    return [...scripts, ...endSnapshots(life), ...noteUnmanaged(life)];
  return [...scripts, shutDown(program, spec.id), ...atRest(life)];
}

function missingOf(seen: GuestObservation, scripts: readonly Script[]): Script[] {
  return seen.installed === 'trusted' ? [] : missingScripts(scripts, seen.installed ?? {});
}

/** Remarks on declared snapshots that are not taken, with the reason. */
export function snapshotRemarks({ spec, snapshots, obstacle }: Life): string[] {
  const { beforeScripts, atEnd, template } = spec.snapshots;
  const declared = [spec.scripts.length === 0 ? null : beforeScripts, atEnd].filter((name) => name !== null);
  const lacking = [...new Set(declared)].filter((name) => name !== template && !snapshots.includes(name));
  if (obstacle === null || lacking.length === 0) return [];
  return [`no ${lacking.length === 1 ? 'snapshot' : 'snapshots'} ${lacking.join(' and ')}: ${obstacle}`];
}

/** Actions for a guest that is shut down and stays stopped. */
function atRest(life: Life): Action[] {
  const { program, spec, notes, isTemplate } = life;
  if (spec.final === 'unmanaged' || spec.final === 'running') return [];
  if (spec.final === 'template') {
    if (isTemplate) return [];
    return [action(`turn ${guestName(program, spec.id)} into a template`, 'live', call(program, 'template', spec.id))];
  }
  const noted = spec.scripts.length === 0 ? null : scriptsDigest(spec.scripts);
  const hasSnapshot = spec.snapshots.template !== null;
  const note = hasSnapshot || isComplete(life) ? [] : [writeNotes(life, { ...notes, building: false, scripts: noted })];
  return [...endSnapshots(life), ...note];
}

/** Snapshots of the complete guest, taken once. Where the storage does not support snapshots, only one that clones need is attempted. */
function endSnapshots(life: Life): Action[] {
  const { atEnd, template } = life.spec.snapshots;
  return [...new Set([atEnd, template])].flatMap((name) => snapshotOnce(life, name, null));
}

/** Takes the snapshot unless it, or one that belongs after it, exists: a restore point is never replaced. */
function snapshotOnce(
  { program, spec, snapshots, obstacle }: Life,
  name: string | null,
  later: string | null,
): Action[] {
  if (name === null || snapshots.includes(name) || (later !== null && snapshots.includes(later))) return [];
  if (obstacle !== null && name !== spec.snapshots.template) return [];
  return [takeSnapshot(program, spec.id, name)];
}

/** Notes that an `unmanaged` guest was started once and is left as it is from now on. */
function noteUnmanaged(life: Life): Action[] {
  if (life.spec.final !== 'unmanaged' || !life.notes.building) return [];
  return [writeNotes(life, { ...life.notes, building: false })];
}

function writeNotes({ program, spec }: Life, notes: Notes): Action {
  const args = ['--description', printNotes(notes)];
  return action(
    `record on ${guestName(program, spec.id)} how far its creation is`,
    'live',
    call(program, 'set', spec.id, args),
  );
}

/** Ten minutes: a first boot generates keys and installs its agent. */
const AGENT_TRIES = { times: 120, intervalSeconds: 5 };

function waitForAgent(id: number): Action {
  const ping = {
    kind: 'command',
    program: 'qm',
    args: ['guest', 'cmd', String(id), 'ping'],
    timeoutSeconds: 30,
  } as const;
  return { summary: `wait for the guest agent of VM ${id}`, impact: 'live', do: ping, until: AGENT_TRIES };
}
