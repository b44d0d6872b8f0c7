// Derives the spec of a virtual machine from the whole configuration.

import type { SecretReference } from '../../model/action.ts';
import { kindOf, type TargetId, targetId } from '../../model/ids.ts';
import type { Target } from '../../model/target.ts';
import { fitting } from '../../model/text.ts';
import { readOption } from '../../proxmox/guests/option-meaning.ts';
import { fileVolume } from '../../proxmox/storages/files.ts';
import type { Config } from '../config.ts';
import { CREATION_DEFAULTS } from '../guest/creation-defaults.ts';
import type { FirewallRule } from '../guest/declared.ts';
import { downloadNeeds } from '../guest/download-needs.ts';
import { objectsNamedBy } from '../guest/firewall-names.ts';
import { type GuestSpec, guestNeeds, guestSpec } from '../guest/guest-spec.ts';
import { isChecked } from '../guest/guests.ts';
import { contentOf, type Source } from '../guest/lifecycle/source.ts';
import { declaredFirewall } from '../guest/proxmox/firewall.ts';
import { type Networks, networksOf } from '../guest/proxmox/network.ts';
import { environmentInputs, type Inputs, inputsOf } from '../guest/scripts/inputs.ts';
import { featureScript, type Script, script } from '../guest/scripts/scripts.ts';
import { type SettingValues, valuesOf, withCreationDefaults } from '../guest/settings/values.ts';
import { snippetNeeds } from '../guest/snippet-needs.ts';
import type { VmGuest } from './declared.ts';
import { declaredDrives } from './drives/declared-drives.ts';
import { ROOT_DRIVE } from './drives/disks.ts';
import type { Drives } from './drives/drives.ts';
import type { Passthrough } from './passthrough/passthrough.ts';
import { objectNeeds } from './rules/named-objects.ts';

export type VmSpec = GuestSpec &
  SettingValues<'vm'> &
  Networks &
  Drives &
  Passthrough & {
    readonly name: string;
    /** What it is created from. Another source later changes nothing on an existing VM. */
    readonly source: Exclude<Source, { readonly template: string }>;
    readonly disk: { readonly storage: string; readonly sizeGb: number | null };
    /** Whether Phoenix works inside it and therefore needs the guest agent. */
    readonly agent: boolean;
    /** The user that cloud-init sets up. */
    readonly user: {
      readonly name: string | null;
      /** Absent for none, so that specs recorded by older versions stay equal. */
      readonly password?: SecretReference;
      readonly sshKeys: readonly string[];
    };
  };

export function vmTargets(config: Config): Target[] {
  const common = environmentInputs(config);
  return config.vm.map((guest) => ({
    id: targetId('vm', guest.id),
    spec: vmSpec(guest, config, common),
    needs: [
      ...guestNeeds(guest, config),
      ...imageNeeds(guest, config),
      ...downloadNeeds(filesOf(guest), config),
      ...objectsNamedBy(stackRules(guest, config)),
      ...snippetNeeds(snippetsOf(guest), config),
      ...objectNeeds(guest),
    ],
    protected: guest.protected,
  }));
}

/** Every file that it is created from or has in a drive. */
function filesOf({ templateImage, importFrom, iso, disks }: VmGuest): (string | null)[] {
  const image = templateImage === null ? null : fileVolume('local', contentOf(templateImage), templateImage);
  return [image, importFrom, iso, ...disks.flatMap((disk) => [disk.iso, disk.import_from])];
}

/** What cloud-init is given beside Proxmox's own settings. */
function snippetsOf({ options: { cicustom } }: VmGuest): string[] {
  const parts = typeof cicustom === 'string' ? readOption('qemu', 'cicustom', cicustom) : cicustom;
  return Object.values(parts ?? {}).map(String);
}

/** The spec with the defaults of a new VM. */
export function withMachineDefaults(spec: VmSpec): VmSpec {
  const { diskSizeGb, bridge, ip, username } = CREATION_DEFAULTS.vm;
  const net = spec.network_config;
  return {
    ...spec,
    ...withCreationDefaults('vm', spec),
    disk: { ...spec.disk, sizeGb: spec.root_disk.path === undefined ? (spec.disk.sizeGb ?? diskSizeGb) : null },
    network_config:
      net === null || net === 'none'
        ? net
        : { ...net, bridge: net.bridge ?? bridge, ...(net.ip === null && net.ip6 === null ? { ip } : {}) },
    networks: spec.networks.map((one) => ({ ...one, bridge: one.bridge ?? bridge })),
    agent: spec.cloud_init || spec.agent,
    root_disk: { ...spec.root_disk, bus: spec.root_disk.bus ?? ROOT_DRIVE },
    user: { ...spec.user, name: spec.cloud_init ? (spec.user.name ?? username) : null },
  };
}

/** Whether Phoenix runs something inside it. */
export function isWorkedIn(vm: VmGuest, config: Config): boolean {
  const { id, features, volumes, stacks, user, portainer } = vm;
  const uses = [features, volumes, stacks].some((list) => list.length > 0);
  const isHookTarget = config.certificates.some(({ hook }) => hook?.guest === id);
  return uses || isHookTarget || user.passwordHash !== null || isChecked(vm) || portainer.role !== 'none';
}

function vmSpec(guest: VmGuest, config: Config, common: Inputs): VmSpec {
  const source = guest.cloneFrom === null ? undefined : config.guests.get(guest.cloneFrom);
  // A template is cloned directly; any other VM at its snapshot.
  const snapshot = source?.isTemplate === true ? null : (source?.templateSnapshot ?? null);
  return {
    ...valuesOf('vm', guest),
    ...guestSpec(guest, valuesOf('vm', guest), {
      firewall: declaredFirewall(guest.firewall, stackRules(guest, config)),
      final: guest.isTemplate ? 'template' : guest.startState,
      scripts: scriptsOf(guest, common),
      snapshots: guest.isTemplate
        ? { beforeScripts: null, atEnd: null, template: null }
        : {
            beforeScripts: guest.snapshots.preFeatures,
            atEnd: guest.snapshots.postFeatures,
            template: guest.templateSnapshot,
          },
    }),
    name: guest.name,
    source: guest.cloneFrom === null ? sourceOf(guest) : { clone: guest.cloneFrom, snapshot },
    ...declaredDrives(guest),
    passthrough: guest.passthrough,
    serial: guest.serial,
    disk: { storage: guest.storagePool, sizeGb: guest.diskSizeGb },
    ...networksOf(guest.network, guest.networks, guest.firewall?.enabled ?? false),
    agent: isWorkedIn(guest, config),
    user: {
      name: guest.user.username,
      ...(guest.user.password === undefined ? {} : { password: guest.user.password }),
      sshKeys: [...guest.user.sshKeys].map((key) => key.trim()).sort(),
    },
  };
}

/**
 * A template whose image another one downloads waits for that one, so that the image is downloaded once. Not where the other one itself waits for a
 * guest, which might be this one.
 */
function imageNeeds(guest: VmGuest, config: Config): TargetId[] {
  if (guest.templateImageUrl === null) return [];
  const first = config.vm.find(
    (other) => other.templateImageUrl !== null && other.templateImage === guest.templateImage,
  );
  if (first === undefined || first === guest) return [];
  const waitsForGuest = guestNeeds(first, config).some((need) => ['lxc', 'vm'].includes(kindOf(need)));
  return waitsForGuest ? [] : [targetId('vm', first.id)];
}

function sourceOf(guest: VmGuest): VmSpec['source'] {
  if (guest.importFrom !== null) return { import_from: guest.importFrom };
  if (guest.empty) return { empty: true };
  if (guest.templateImage === null && guest.iso !== null) return { iso: guest.iso };
  return imageOf(guest);
}

function imageOf({ templateImage, templateImageUrl: url, templateImageSha256: sha256 }: VmGuest): VmSpec['source'] {
  return { image: templateImage ?? '', download: url === null || sha256 === null ? null : { url, sha256 } };
}

/** Firewall rules of the stacks that run on the VM. */
function stackRules(guest: VmGuest, config: Config): FirewallRule[] {
  return guest.stacks.flatMap(({ name, environment }) => {
    const environments = config.stacks.get(name)?.environments;
    return [...(environments?.[environment]?.firewallRules ?? [])];
  });
}

/** Mounts first, since features may install onto them. */
function scriptsOf(guest: VmGuest, common: Inputs): Script[] {
  const inputs = inputsOf(guest, common);
  const features = guest.features.map((feature) => featureScript(feature, inputs.environment));
  const all = [...nfsVolumes(guest), ...features, ...password(guest)];
  return guest.isTemplate && all.length > 0 ? [...all, CLEANUP] : all;
}

/** A template that was started has a machine identity, which its clones must not share. */
const CLEANUP = script({
  name: 'template_cleanup',
  path: 'etc/features/template_cleanup/install.sh',
  blob: null,
  inputs: {},
  secret: null,
});

function nfsVolumes(guest: VmGuest): Script[] {
  if (guest.volumes.length === 0) return [];
  const lines = guest.volumes.map(fstabLine);
  const inputs = { NFS_VOLUMES: lines.join('\n') };
  return [
    script({ name: 'nfs_volumes', path: 'etc/features/nfs_volumes/install.sh', blob: null, inputs, secret: null }),
  ];
}

/**
 * Source and mount point in the format of /etc/fstab; the script reads both up to a space.
 * @throws Error for a path with a space or backslash in it
 */
function fstabLine({ server, path, mountPoint }: VmGuest['volumes'][number]): string {
  const word = (text: string): string => fitting(text, /^[^\s\\]+$/, '/etc/fstab');
  const host = server.includes(':') ? `[${server}]` : server;
  return `${word(host)}:${word(path)} ${word(mountPoint)}`;
}

/** Proxmox accepts cloud-init's password hash only as an argument, which everybody on the host could read: it is set inside instead. */
function password({ user }: VmGuest): Script[] {
  if (user.passwordHash === null || !('$secret' in user.passwordHash)) return [];
  const path = 'etc/features/user_password/install.sh';
  const secret = { variable: 'PASSWORD_HASH', ...user.passwordHash };
  return [
    script({
      name: 'user_password',
      path,
      blob: null,
      inputs: { USER_NAME: user.username ?? CREATION_DEFAULTS.vm.username },
      secret,
    }),
  ];
}
