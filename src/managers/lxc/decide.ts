// Compares a container as declared with the container on the host, and decides the actions.

import { nameOf } from '../../model/ids.ts';
import type { FoundDifference } from '../comparison.ts';
import { decideGuest, type GuestRules, retainedVolumesRemark } from '../guest/lifecycle/decide.ts';
import { guestDifferences } from '../guest/lifecycle/differences.ts';
import { impossible, type Refusal } from '../guest/lifecycle/gate.ts';
import { parseRetained } from '../guest/lifecycle/retained-volumes.ts';
import { parseNotes } from '../guest/observe/notes.ts';
import type { GuestObservation } from '../guest/observe/observation.ts';
import { type GuestConf, isTemplateConf, upcoming } from '../guest/proxmox/conf.ts';
import { normalFlag } from '../guest/proxmox/property-string.ts';
import { compareSize, wholeGigabytes } from '../guest/proxmox/size.ts';
import { settingDifferences } from '../guest/settings/differences.ts';
import type { Decision, Wanted } from '../manager.ts';
import { containerChanges } from './changes.ts';
import { createContainer } from './create.ts';
import { containerSettings } from './desired-settings.ts';
import { type LxcSpec, withContainerDefaults } from './lxc-spec.ts';
import { rootfsOf } from './mounts/disks.ts';
import { isOfHost, mountedIn } from './mounts/mounted.ts';
import { replacedMounts } from './mounts/mounts.ts';
import { type FoundVolumes, findVolumes } from './mounts/volumes.ts';

const rules: GuestRules<LxcSpec, FoundVolumes> = {
  program: 'pct',
  withDefaults: withContainerDefaults,
  storages: (spec) => [spec.rootfs.storage, ...spec.volumes.map(({ storage }) => storage)],
  volumeNames: ({ volumes }) => volumes.map(({ name }) => name),
  unsupported: mountedInTemplate,
  find: (wanted, spec, seen) => {
    const found = foundVolumes(wanted, seen, spec);
    const said = [found.loss, replacedIn(wanted, spec, seen, found)].filter((loss) => loss !== null);
    return { ...found, loss: said.length === 0 ? null : said.join('; ') };
  },
  retained: (wanted, seen) => {
    const declared = wanted.spec ?? { id: Number(nameOf(wanted.target)), volumes: [] };
    return foundVolumes(wanted, seen, declared).retained;
  },
  create: createContainer,
  rebuildReason,
  unfitReason,
  changes: containerChanges,
  remarks: ({ volumes }, { retained }) => {
    const isDeclared = (name: string): boolean => volumes.some((volume) => volume.name === name);
    const left = Object.entries(retained.names).filter(([name]) => !isDeclared(name));
    return retainedVolumesRemark('volume', 'mounted', left);
  },
};

export function decideContainer(wanted: Wanted<LxcSpec>, seen: GuestObservation): Decision {
  return decideGuest(rules, wanted, seen);
}

/** The differences of an existing container, field by field. */
export function containerDifferences(wanted: Wanted<LxcSpec>, seen: GuestObservation): FoundDifference[] {
  const { spec, before } = wanted;
  const { conf } = seen;
  if (spec === undefined || conf === null) return [];
  const volumes = foundVolumes(wanted, seen, spec);
  if (volumes.unclear !== null) return [];
  const desired = containerSettings(spec, conf, { before, building: isFresh(conf) }, volumes);
  const { size } = rootfsOf(conf);
  const { sizeGb } = spec.rootfs;
  return [
    ...guestDifferences(wanted, spec, seen),
    ...settingDifferences('lxc', conf, desired, spec),
    ...(compareSize(size, sizeGb) === 'fits'
      ? []
      : [{ field: 'storage_size_gb', declared: sizeGb, observed: wholeGigabytes(size) }]),
  ];
}

function replacedIn(
  { before }: Wanted<LxcSpec>,
  spec: LxcSpec,
  { conf }: GuestObservation,
  found: FoundVolumes,
): string | null {
  return conf === null ? null : replacedMounts(spec, upcoming(conf), found, { before, building: isFresh(conf) });
}

/** Whether it is a fresh clone, on which nobody has set anything yet. */
function isFresh(conf: GuestConf): boolean {
  const notes = parseNotes(conf.description);
  return notes?.building === true && notes.restarting !== true;
}

function foundVolumes(
  { before }: Wanted<LxcSpec>,
  { conf, host }: GuestObservation,
  declared: Pick<LxcSpec, 'id' | 'volumes'>,
): FoundVolumes {
  const building = conf !== null && isFresh(conf);
  return findVolumes(declared, conf, {
    before,
    building,
    retained: parseRetained(host.retained),
    missing: host.missing,
  });
}

/**
 * Why a container has to be recreated; null where it has not. Its source does not matter: it only says what the container was created from. One that a
 * person turned into a template was never declared as one, and so is not recreated for that.
 */
function rebuildReason(spec: LxcSpec, conf: GuestConf, before: LxcSpec | undefined): string | null {
  const isTemplate = isTemplateConf(conf);
  if (isTemplate && spec.final !== 'template' && before?.final === 'template')
    return 'it is a template and should not be';
  const unprivileged = normalFlag(conf.settings['unprivileged'] ?? '0') === '1';
  if (spec.unprivileged !== null && unprivileged !== spec.unprivileged)
    return spec.unprivileged ? 'it is privileged and should not be' : 'it is unprivileged and should be privileged';
  const ostype = conf.settings['ostype'];
  if (spec.ostype !== null && ostype !== undefined && ostype !== spec.ostype)
    return `its ostype is ${ostype} and should be ${spec.ostype}`;
  const { storage } = rootfsOf(conf);
  if (storage !== spec.rootfs.storage) return `its root disk is on ${storage} and should be on ${spec.rootfs.storage}`;
  return null;
}

/**
 * Why a container cannot become a template: something of the host is mounted in it. Proxmox does not turn it into one, and ends without an error.
 * (pve-container, PVE/LXC.pm, template_create, and PVE/API2/LXC.pm, template)
 */
function mountedInTemplate({ before }: Wanted<LxcSpec>, spec: LxcSpec, { conf }: GuestObservation): Refusal | null {
  if (spec.final !== 'template' || (conf !== null && isTemplateConf(conf))) return null;
  const isGoing = (path: string): boolean => before?.mounts.some((mount) => mount.path === path) === true;
  const present = conf === null ? [] : mountedIn(upcoming(conf));
  const others = present.filter(({ volume, path }) => isOfHost(volume) && !isGoing(path)).map(({ volume }) => volume);
  const [host] = [...spec.mounts.map((mount) => mount.host), ...others];
  if (host === undefined) return null;
  return impossible(
    `container ${spec.id} has ${host} of the host mounted, and Proxmox makes no template of such a container; take it out of the container and of mount_points, and give it to the clones`,
  );
}

/** Why a disk cannot have the declared size: disks cannot shrink. */
function unfitReason(spec: LxcSpec, conf: GuestConf, volumes: FoundVolumes): string | null {
  const tooLarge = (what: string, size: string | undefined, declaredGb: number): string =>
    `${what} of container ${spec.id} has ${wholeGigabytes(size)} GB and is declared with ${declaredGb} GB: ` +
    'disks only grow, so declare at least what it has';
  const root = rootfsOf(conf);
  if (compareSize(root.size, spec.rootfs.sizeGb) === 'larger')
    return tooLarge('the root disk', root.size, spec.rootfs.sizeGb);
  for (const { volume, id } of volumes.declared) {
    const mounted = mountedIn(conf.settings).find((one) => one.volume === id);
    if (mounted === undefined) continue;
    if (compareSize(mounted.size, volume.sizeGb) === 'larger')
      return tooLarge(`volume ${volume.name}`, mounted.size, volume.sizeGb);
  }
  return null;
}
