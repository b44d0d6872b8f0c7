// The end of a guest: only when it is ours, asked for and not protected. Its volumes outlive it: they are taken out of its
// configuration before it is destroyed, so that Proxmox leaves them where they are.

import type { Action } from '../../../model/action.ts';
import { nameOf } from '../../../model/ids.ts';
import type { Decision, Wanted } from '../../manager.ts';
import { textDigest } from '../digest.ts';
import type { GuestObservation } from '../look/observation.ts';
import { confPath } from '../look/observe.ts';
import { action, call, guestName, type Program, shutDown } from '../proxmox/command.ts';
import { type GuestConf, withoutVolumes } from '../proxmox/conf.ts';
import { parseProperties } from '../proxmox/property-string.ts';
import { indexesOf } from '../proxmox/settings.ts';
import { brokenOff, locked, mayDestroy, notOurs } from './gate.ts';
import { type KeptVolumes, keptVolumesPath, parseKept, printKept } from './kept-volumes.ts';

/** For a guest that is no longer declared. */
export function decideGone(program: Program, wanted: Wanted, seen: GuestObservation): Decision {
  const id = Number(nameOf(wanted.target));
  if (seen.conf === null) return { kind: 'actions', actions: [] };
  const refusal =
    brokenOff(program, id, seen.conf) ??
    notOurs(wanted, seen.conf) ??
    mayDestroy(wanted, `${wanted.target} is no longer declared, and its disk would be destroyed`) ??
    locked(program, id, seen.conf);
  return refusal ?? { kind: 'actions', actions: destroyGuest(program, id, seen) };
}

export function destroyGuest(program: Program, id: number, seen: GuestObservation): Action[] {
  const { conf } = seen;
  if (conf === null) return [];
  const stop = seen.running ? [{ ...shutDown(program, id), impact: 'destroy' as const }] : [];
  const args = ['--purge', '1', '--destroy-unreferenced-disks', '0'];
  const end = action(`destroy ${guestName(program, id)}`, 'destroy', call(program, 'destroy', id, args));
  return [...stop, ...keepVolumes(program, id, conf, seen.host.kept), end];
}

/** Notes where the volumes are before it takes them out, so that none is forgotten when it is broken off in between. */
function keepVolumes(program: Program, id: number, conf: GuestConf, noted: string | null): Action[] {
  const volumes = volumesOf(conf);
  if (Object.keys(volumes).length === 0) return [];
  const note = printKept({ ...parseKept(noted), ...volumes });
  const text = withoutVolumes(conf.text, new Set(Object.values(volumes)));
  const path = keptVolumesPath(id);
  const name = guestName(program, id);
  return [
    action(`note the volumes of ${name} in ${path}`, 'live', {
      kind: 'file',
      path,
      content: { from: 'text', text: note },
      mode: 0o640,
    }),
    action(`keep the volumes of ${name}: ${Object.values(volumes).join(', ')}`, 'live', {
      kind: 'file',
      path: confPath(program, id),
      content: { from: 'text', text },
      mode: 0o640,
      expects: textDigest(conf.text),
    }),
  ];
}

/** Volumes beside the root disk, by the path they are mounted at; those that are not mounted by their key. */
function volumesOf(conf: GuestConf): KeptVolumes {
  const mounted = indexesOf(conf.settings, 'mp').flatMap((index) => {
    const { volume = '', mp = `mp${index}` } = parseProperties(conf.settings[`mp${index}`] ?? '', 'volume');
    return volume === '' || volume.startsWith('/') ? [] : [[mp, volume] as const];
  });
  const unused = indexesOf(conf.settings, 'unused').map(
    (index) => [`unused${index}`, conf.settings[`unused${index}`] ?? ''] as const,
  );
  return Object.fromEntries([...mounted, ...unused.map(([key, value]) => [key, value.split(',')[0] ?? ''] as const)]);
}
