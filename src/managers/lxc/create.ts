// Making a container. One made from a template file is complete with its creation; a clone gets its configuration with the next
// look, by the same way as any other change, and until then says in its notes that it is being built.

import type { Action } from '../../model/action.ts';
import { foreignFirewall, impossible } from '../guest/life/gate.ts';
import { parseKept } from '../guest/life/kept-volumes.ts';
import { downloadTemplate } from '../guest/life/source.ts';
import { printNotes } from '../guest/look/notes.ts';
import type { GuestObservation } from '../guest/look/observation.ts';
import { action, call, startGuest } from '../guest/proxmox/command.ts';
import { decideFirewall } from '../guest/proxmox/firewall.ts';
import { printProperties } from '../guest/proxmox/property-string.ts';
import { createArgs } from '../guest/proxmox/settings.ts';
import { firstNotes } from '../guest/spec.ts';
import type { Decision, Wanted } from '../manager.ts';
import { delegateIds, makeFolders } from './host-side.ts';
import type { LxcSpec } from './spec.ts';
import { containerWishes } from './wishes.ts';

export function createContainer(wanted: Wanted, spec: LxcSpec, seen: GuestObservation): Decision {
  const firewall = decideFirewall(
    'pct',
    spec.id,
    spec.firewall,
    seen.firewall,
    wanted.adopt === true,
    seen.firewallFaults,
  );
  if (firewall.kind === 'foreign') return foreignFirewall(wanted, spec.id);
  if (firewall.kind === 'skipped') return impossible(firewall.reason);
  if ('clone' in spec.source) return { kind: 'actions', actions: [cloneContainer(wanted, spec, spec.source)] };
  if (spec.source.template === '')
    return impossible(`container ${spec.id} has neither a template nor a source to clone`);
  if (seen.sourceMissing && spec.source.template.startsWith('/'))
    return impossible(`${spec.source.template} is not on the node: put the template there`);

  const building = spec.raw.length > 0 || spec.final === 'unmanaged';
  const starts = spec.raw.length === 0 && (spec.final !== 'stopped' || spec.scripts.length > 0);
  const actions = [
    ...delegateIds(spec, seen.host),
    ...makeFolders(spec, spec.mounts),
    ...(firewall.kind === 'write' ? [firewall.action] : []),
    ...(seen.sourceMissing ? downloadTemplate(spec.source.template) : []),
    create(wanted, spec, seen, building),
    ...(starts ? [startGuest('pct', spec.id)] : []),
  ];
  return { kind: 'actions', actions };
}

function cloneContainer(wanted: Wanted, spec: LxcSpec, source: { clone: number; snapshot: string | null }): Action {
  const args = [
    String(spec.id),
    ...(source.snapshot === null ? [] : ['--snapname', source.snapshot]),
    ...['--full', '1', '--storage', spec.rootfs.storage],
    ...['--hostname', spec.hostname, '--description', printNotes(firstNotes(wanted, spec, true))],
  ];
  const from = source.snapshot === null ? '' : ` at ${source.snapshot}`;
  return action(
    `clone container ${source.clone}${from} as ${spec.id}`,
    'live',
    call('pct', 'clone', source.clone, args),
  );
}

function create(wanted: Wanted, spec: LxcSpec, seen: GuestObservation, building: boolean): Action {
  const template = 'template' in spec.source ? spec.source.template : '';
  const wishes = containerWishes(spec, null, { before: undefined, building: true }, parseKept(seen.host.kept));
  const args = [
    template,
    ...['--rootfs', printProperties({ volume: `${spec.rootfs.storage}:${spec.rootfs.sizeGb}` }, [], 'volume')],
    // Its default has changed between releases of Proxmox.
    ...['--unprivileged', spec.unprivileged ? '1' : '0'],
    ...(spec.ostype === null ? [] : ['--ostype', spec.ostype]),
    ...createArgs(wishes({})),
    ...['--description', printNotes(firstNotes(wanted, spec, building))],
  ];
  return action(`create container ${spec.id} from ${template}`, 'live', call('pct', 'create', spec.id, args));
}
