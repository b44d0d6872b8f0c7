// Creates a container. One from a template file gets its full configuration at creation; a clone is configured at the next observation, like any
// other change, and until then its notes say that it is being built.

import type { Action } from '../../model/action.ts';
import { isOfTemplate } from '../../proxmox/storages/volumes.ts';
import { firstNotes, isStarted } from '../guest/guest-spec.ts';
import { firewallActions, impossible } from '../guest/lifecycle/gate.ts';
import { noteVolumes } from '../guest/lifecycle/retained-volumes.ts';
import { cloneGuest, downloadTemplate } from '../guest/lifecycle/source.ts';
import { printNotes } from '../guest/observe/notes.ts';
import type { GuestObservation } from '../guest/observe/observation.ts';
import { action, call, promptedTwice, startGuest } from '../guest/proxmox/command.ts';
import { printProperties } from '../guest/proxmox/property-string.ts';
import { createArgs } from '../guest/proxmox/settings.ts';
import type { Decision, Wanted } from '../manager.ts';
import { sshKeysPath } from '../public-key.ts';
import { containerSettings } from './desired-settings.ts';
import { delegateIds, makeFolders } from './host-side.ts';
import type { LxcSpec } from './lxc-spec.ts';
import { folderMounts } from './mounts/mounts.ts';
import type { FoundVolumes } from './mounts/volumes.ts';

export function createContainer(
  wanted: Wanted<LxcSpec>,
  spec: LxcSpec,
  seen: GuestObservation,
  volumes: FoundVolumes,
): Decision {
  const firewall = firewallActions('pct', wanted, spec, seen);
  if ('kind' in firewall) return firewall;
  const note = noteVolumes('pct', spec.id, seen.host.retained, volumes.retained);
  if ('clone' in spec.source) {
    const settings = ['--hostname', spec.hostname, '--description', printNotes(firstNotes(wanted, spec, true))];
    return {
      kind: 'actions',
      actions: [...note, cloneGuest('pct', spec.id, spec.source, spec.rootfs.storage, settings)],
    };
  }
  if (spec.source.template === '')
    return impossible(`container ${spec.id} has neither a template nor a source to clone`);
  if (seen.sourceMissing && spec.source.template.startsWith('/'))
    return impossible(`${spec.source.template} is not on the node; put the template there`);

  const ofTemplate = [...volumes.declared.flatMap(({ id }) => id ?? []), ...volumes.returning.map((one) => one.volume)]
    .filter(isOfTemplate)
    .join(' and ');
  if (spec.final === 'template' && ofTemplate !== '')
    return impossible(
      `container ${spec.id} would get back ${ofTemplate}, of which Proxmox makes no template again; declare a volume of another name in its place, or the container under another id`,
    );

  // Retained volumes and disks of the host are mounted after creation: Proxmox would unpack the template over what is on them.
  const atOnce = { ...spec, mounts: folderMounts(spec) };
  const later =
    spec.raw.length > 0 ||
    atOnce.mounts.length < spec.mounts.length ||
    volumes.returning.length > 0 ||
    volumes.declared.some(({ id }) => id !== null);
  const building = later || spec.final === 'unmanaged';
  const starts = !later && isStarted(spec);
  const actions = [
    ...note,
    ...delegateIds(spec, seen.host),
    ...makeFolders(spec, atOnce.mounts),
    ...firewall,
    ...(seen.sourceMissing ? downloadTemplate(spec.source.template, seen.templates) : []),
    ...writeRootKeys(spec),
    create(wanted, atOnce, onlyNew(volumes), building),
    ...(starts ? [startGuest('pct', spec.id)] : []),
  ];
  return { kind: 'actions', actions };
}

function onlyNew(volumes: FoundVolumes): FoundVolumes {
  return { ...volumes, returning: [], declared: volumes.declared.filter(({ id }) => id === null) };
}

/** `pct create` accepts keys only from a file. */
function writeRootKeys({ id, source }: LxcSpec): Action[] {
  const keys = 'template' in source ? (source.root?.sshKeys ?? []) : [];
  if (keys.length === 0) return [];
  return [
    action(`write the SSH keys for root of container ${id}`, 'live', {
      kind: 'file',
      path: sshKeysPath(id),
      content: { from: 'text', text: `${keys.join('\n')}\n` },
      mode: 0o644,
    }),
  ];
}

function create(wanted: Wanted<LxcSpec>, spec: LxcSpec, volumes: FoundVolumes, building: boolean): Action {
  const { template, root } = 'template' in spec.source ? spec.source : { template: '', root: undefined };
  const password = root?.password ?? null;
  const desired = containerSettings(spec, null, { before: undefined, building: true }, volumes);
  const args = [
    template,
    ...[
      '--rootfs',
      printProperties({ volume: `${spec.rootfs.storage}:${spec.rootfs.sizeGb}`, ...spec.rootfs.options }, [], 'volume'),
    ],
    // Always explicit, since its default changed between releases of Proxmox.
    ...['--unprivileged', spec.unprivileged ? '1' : '0'],
    ...(spec.ostype === null ? [] : ['--ostype', spec.ostype]),
    ...((root?.sshKeys ?? []).length === 0 ? [] : ['--ssh-public-keys', sshKeysPath(spec.id)]),
    ...(password === null ? [] : ['--password']),
    ...createArgs(desired({})),
    ...['--description', printNotes(firstNotes(wanted, spec, building))],
  ];
  const command = call('pct', 'create', spec.id, args);
  const asked = password === null ? command : { ...command, stdin: promptedTwice(password) };
  return action(`create container ${spec.id} from ${template}`, 'live', asked);
}
