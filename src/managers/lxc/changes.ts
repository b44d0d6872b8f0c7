// The actions that change an existing container to what is declared: files first, then one `pct set`, then disks.

import type { Action } from '../../model/action.ts';
import { textDigest } from '../guest/digest.ts';
import { notesTooLong } from '../guest/lifecycle/adoption.ts';
import type { GuestChanges } from '../guest/lifecycle/decide.ts';
import { firewallActions, missingOnHost, type Refusal } from '../guest/lifecycle/gate.ts';
import { noteVolumes } from '../guest/lifecycle/retained-volumes.ts';
import { type Notes, parseNotes, printNotes, repositoryName, sameNotes, surroundings } from '../guest/observe/notes.ts';
import type { GuestObservation } from '../guest/observe/observation.ts';
import { confPath } from '../guest/observe/observe.ts';
import { action } from '../guest/proxmox/command.ts';
import { type GuestConf, withRawLines } from '../guest/proxmox/conf.ts';
import { normalFlag } from '../guest/proxmox/property-string.ts';
import { bridgesIn, compareSettings, setGuest } from '../guest/proxmox/settings.ts';
import type { Wanted } from '../manager.ts';
import { containerSettings } from './desired-settings.ts';
import { delegateIds, makeFolders } from './host-side.ts';
import type { LxcSpec } from './lxc-spec.ts';
import { growDisks } from './mounts/disks.ts';
import { missingMounts } from './mounts/mounts.ts';
import type { FoundVolumes } from './mounts/volumes.ts';
import { mergeRaw, sameRaw } from './raw.ts';

export function containerChanges(
  wanted: Wanted<LxcSpec>,
  spec: LxcSpec,
  seen: GuestObservation,
  conf: GuestConf,
  volumes: FoundVolumes,
): GuestChanges | Refusal {
  const before = wanted.before;
  const present = parseNotes(conf.description);
  const building = present?.building ?? false;
  const fresh = building && present?.restarting !== true;
  const settings = compareSettings(
    'lxc',
    conf,
    containerSettings(spec, conf, { before: wanted.before, building: fresh }, volumes),
  );
  const raw = mergeRaw(conf.raw, spec.raw, before?.raw ?? [], fresh);
  const rawDiffers = !sameRaw(conf.raw, raw);
  const stops = seen.running && (settings.restart || rawDiffers);
  const notes: Notes = {
    ...surroundings(conf.description, spec.notes, before?.notes),
    repository: repositoryName(wanted.origin),
    target: wanted.target,
    commit: wanted.origin.commit,
    // An `unmanaged` container would stay stopped if a restart were interrupted: note that it has to be started.
    building: spec.final === 'unmanaged' && (building || stops),
    ...(fresh ? {} : { restarting: true }),
    scripts: present?.scripts ?? null,
  };
  const firewall = firewallActions('pct', wanted, spec, seen);
  if ('kind' in firewall) return firewall;
  const tooLong = notesTooLong(wanted.target, notes);
  if (tooLong !== null) return tooLong;
  const missing = missingOnHost(seen, [], bridgesIn(settings.args));
  if (missing !== null) return missing;

  if (stops && rawDiffers && notes.building && !building) {
    // Noted while it still runs: once it is stopped, nothing else would show that it has to run again.
    const note = setGuest(
      'pct',
      spec.id,
      { ...settings, args: [], labels: [] },
      { notes: printNotes(notes), running: true },
    );
    return { notes, changes: { actions: note, restart: false, offline: false, restarted: [] } };
  }
  const text = rawDiffers ? withRawLines(conf.text, raw, printNotes(notes)) : conf.text;
  const isNoted = rawDiffers || (settings.args.length === 0 && sameNotes(present, notes));
  const actions: Action[] = [
    ...noteVolumes('pct', spec.id, seen.host.retained, volumes.retained),
    ...delegateIds(spec, seen.host),
    ...makeFolders(asItIs(spec, conf), missingMounts(spec, conf.settings)),
    ...firewall,
    ...(rawDiffers ? [writeRaw(spec.id, conf, text, stops)] : []),
    ...setGuest('pct', spec.id, settings, { notes: isNoted ? null : printNotes(notes), running: seen.running }),
    ...growDisks(spec, conf, volumes),
  ];
  return { notes, changes: { actions, restart: settings.restart, offline: stops && rawDiffers, restarted: [] } };
}

/** Whether the container is privileged decides the owner of its folders; where that is undeclared, the present value counts. */
function asItIs(spec: LxcSpec, conf: GuestConf): LxcSpec {
  return { ...spec, unprivileged: spec.unprivileged ?? normalFlag(conf.settings['unprivileged'] ?? '0') === '1' };
}

function writeRaw(id: number, conf: GuestConf, text: string, restarts: boolean): Action {
  return action(`write the lxc options of container ${id}`, restarts ? 'restart' : 'live', {
    kind: 'file',
    path: confPath('pct', id),
    content: { from: 'text', text },
    mode: 0o640,
    expects: textDigest(conf.text),
  });
}
