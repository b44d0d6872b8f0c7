// The changes that bring an existing VM's configuration to what is declared: files first, then one `qm set`, then its disk.

import type { Action } from '../../model/action.ts';
import { foreignFirewall, impossible, missingOnHost, type Refusal } from '../guest/life/gate.ts';
import type { Changes } from '../guest/life/life.ts';
import { type Notes, parseNotes, printNotes, repositoryName, sameNotes } from '../guest/look/notes.ts';
import type { GuestObservation } from '../guest/look/observation.ts';
import { action } from '../guest/proxmox/command.ts';
import type { GuestConf } from '../guest/proxmox/conf.ts';
import { decideFirewall } from '../guest/proxmox/firewall.ts';
import { compareSettings, setGuest } from '../guest/proxmox/settings.ts';
import type { Wanted } from '../manager.ts';
import { keyLine } from '../public-key.ts';
import { growDisk } from './disks.ts';
import type { VmSpec } from './spec.ts';
import { CLOUDINIT_KEYS, machineWishes, sshKeysPath } from './wishes.ts';

export interface MachineChanges {
  readonly changes: Changes;
  /** The notes as they stand once the changes are made. */
  readonly notes: Notes;
}

export function machineChanges(
  wanted: Wanted,
  spec: VmSpec,
  seen: GuestObservation,
  conf: GuestConf,
): MachineChanges | Refusal {
  const present = parseNotes(conf.description);
  const compared = compareSettings(conf, machineWishes(spec));
  // Values that cloud-init was last given and that are others now reach the VM with its next start.
  const isStale = CLOUDINIT_KEYS.some((key) => key in conf.cloudinit);
  const settings = { ...compared, restart: compared.restart || isStale };
  const notes: Notes = {
    text: spec.notes,
    repository: repositoryName(wanted.origin),
    target: wanted.target,
    commit: wanted.origin.commit,
    // One that is left as it is would stay stopped if a restart were broken off: note that it is to be started.
    building: spec.final === 'unmanaged' && ((present?.building ?? false) || (seen.running && settings.restart)),
    scripts: present?.scripts ?? null,
  };
  const firewall = decideFirewall(
    'qm',
    spec.id,
    spec.firewall,
    seen.firewall,
    wanted.adopt === true,
    seen.firewallFaults,
  );
  if (firewall.kind === 'foreign') return foreignFirewall(wanted, spec.id);
  if (firewall.kind === 'skipped') return impossible(firewall.reason);
  if (settings.labels.includes('network interface')) {
    const missing = missingOnHost(seen, [], spec.net0.bridge);
    if (missing !== null) return missing;
  }
  const isNoted = settings.args.length === 0 && sameNotes(present, notes);
  const actions: Action[] = [
    ...(settings.args.includes('--sshkeys') ? [writeSshKeys(spec)] : []),
    ...(firewall.kind === 'write' ? [firewall.action] : []),
    ...setGuest('qm', spec.id, settings, isNoted ? null : printNotes(notes), seen.running),
    ...growDisk(spec, conf),
  ];
  return { notes, changes: { actions, restart: settings.restart, offline: false } };
}

export function writeSshKeys({ id, user }: VmSpec): Action {
  return action(`write the SSH keys for VM ${id}`, 'live', {
    kind: 'file',
    path: sshKeysPath(id),
    content: { from: 'text', text: `${user.sshKeys.map(keyLine).join('\n')}\n` },
    mode: 0o644,
  });
}
