// Derives the spec of a container from the whole configuration.

import { targetId } from '../../model/ids.ts';
import type { Target } from '../../model/target.ts';
import type { Config } from '../config.ts';
import { CREATION_DEFAULTS } from '../guest/creation-defaults.ts';
import { downloadNeeds } from '../guest/download-needs.ts';
import { type GuestSpec, guestNeeds, guestSpec } from '../guest/guest-spec.ts';
import type { Source } from '../guest/lifecycle/source.ts';
import { declaredFirewall } from '../guest/proxmox/firewall.ts';
import { type Networks, networksOf } from '../guest/proxmox/network.ts';
import { environmentInputs, type Inputs, inputsOf } from '../guest/scripts/inputs.ts';
import { featureScript, type Script, script } from '../guest/scripts/scripts.ts';
import { type SettingValues, valuesOf, withCreationDefaults } from '../guest/settings/values.ts';
import type { Device, LxcGuest } from './declared.ts';
import { type RawOption, rawOptions } from './raw.ts';

export type LxcSpec = GuestSpec &
  Networks &
  SettingValues<'lxc'> & {
    readonly hostname: string;
    readonly ostype: string | null;
    readonly unprivileged: boolean | null;
    /** What it is created from. Another source later changes nothing on an existing container. */
    readonly source: Extract<Source, { readonly clone: number } | { readonly template: string }>;
    readonly rootfs: RootDisk;
    readonly features: Readonly<Record<string, string>>;
    readonly raw: readonly RawOption[];
    /** Passed-through devices of the host. */
    readonly devices: readonly Device[];
    readonly mounts: readonly Mount[];
    readonly volumes: readonly Volume[];
    /** Id ranges that /etc/subuid and /etc/subgid must allow. */
    readonly delegated: { readonly uid: readonly IdRange[]; readonly gid: readonly IdRange[] };
  };

type RootDisk = {
  readonly storage: string;
  readonly sizeGb: number;
  /** Further keys of its property string; absent: none is declared. */
  readonly options?: Readonly<Record<string, string>>;
};

export type Mount = {
  readonly path: string;
  readonly host: string;
  readonly readOnly: boolean | null;
  readonly uid: number | null;
  readonly gid: number | null;
  /** Further keys of its property string. */
  readonly options: Readonly<Record<string, string>>;
};

export type Volume = {
  readonly name: string;
  readonly storage: string;
  readonly sizeGb: number;
  readonly path: string;
  /** Further keys of its property string. */
  readonly options: Readonly<Record<string, string>>;
};

export type IdRange = { readonly first: number; readonly count: number };

export function lxcTargets(config: Config): Target[] {
  const common = environmentInputs(config);
  return config.lxc.map((guest) => ({
    id: targetId('lxc', guest.id),
    spec: lxcSpec(guest, config, common),
    needs: [...guestNeeds(guest, config), ...downloadNeeds([guest.template], config)],
    protected: guest.protected,
  }));
}

/** The spec with the defaults of a new container. */
export function withContainerDefaults(spec: LxcSpec): LxcSpec {
  const { unprivileged, interfaceName, bridge } = CREATION_DEFAULTS.lxc;
  const net = spec.network_config;
  return {
    ...spec,
    ...withCreationDefaults('lxc', spec),
    unprivileged: spec.unprivileged ?? unprivileged,
    network_config:
      net === null || net === 'none' ? net : { ...net, name: net.name ?? interfaceName, bridge: net.bridge ?? bridge },
    networks: spec.networks.map((one) => ({
      ...one,
      name: one.name ?? `eth${one.index}`,
      bridge: one.bridge ?? bridge,
    })),
  };
}

function lxcSpec(guest: LxcGuest, config: Config, common: Inputs): LxcSpec {
  const source = guest.cloneFrom === null ? undefined : config.guests.get(guest.cloneFrom);
  // A privileged container maps no ids, so that the host has none to allow.
  const maps = guest.unprivileged === false ? [] : guest.idMaps;
  const ranges = (type: 'uid' | 'gid'): IdRange[] =>
    maps.filter((map) => map.type === type).map((map) => ({ first: map.hostId, count: map.size }));
  return {
    ...valuesOf('lxc', guest),
    ...guestSpec(guest, valuesOf('lxc', guest), {
      firewall: declaredFirewall(guest.firewall),
      final: guest.isTemplate ? 'template' : guest.startState,
      scripts: scriptsOf(guest, common),
      // Proxmox makes no template of a container with snapshots.
      snapshots: guest.isTemplate
        ? { beforeScripts: null, atEnd: null, template: null }
        : {
            beforeScripts: guest.lifecycleSnapshots ? 'pre-configured' : null,
            atEnd: guest.lifecycleSnapshots ? 'final-form' : null,
            template: guest.templateSnapshot,
          },
    }),
    hostname: guest.name,
    ostype: guest.ostype,
    unprivileged: guest.unprivileged,
    source:
      guest.cloneFrom === null
        ? { template: guest.template ?? '', ...(guest.root === null ? {} : { root: guest.root }) }
        : // A template is cloned directly; any other container at its snapshot.
          { clone: guest.cloneFrom, snapshot: source?.isTemplate === true ? null : (source?.templateSnapshot ?? null) },
    rootfs: {
      storage: guest.storagePool,
      sizeGb: guest.storageSizeGb,
      // Left out while empty, so that specs recorded by older versions stay equal.
      ...(Object.keys(guest.rootOptions).length === 0 ? {} : { options: guest.rootOptions }),
    },
    ...declaredNetworks(guest),
    features: featuresOf(guest),
    raw: rawOptions(guest),
    devices: devicesOf(guest),
    mounts: guest.mountPoints.map((mount) => ({
      path: mount.containerPath,
      host: mount.hostPath,
      readOnly: mount.readOnly,
      uid: mount.ownerUid,
      gid: mount.ownerGid,
      options: mount.options ?? {},
    })),
    volumes: guest.volumes.map(({ name, storage, sizeGb, mountPoint, options = {} }) => ({
      name,
      storage,
      sizeGb,
      path: mountPoint,
      options,
    })),
    delegated: { uid: ranges('uid'), gid: ranges('gid') },
  };
}

/** No interface is declared unless its address configuration is. */
function declaredNetworks({ network, networks, firewall }: LxcGuest): Networks {
  const declared = networksOf(network, networks, firewall?.enabled ?? false);
  return network.ip === null && network.ip6 === null && !network.none
    ? { ...declared, network_config: null }
    : declared;
}

/** An AppArmor profile that allows nesting by itself replaces the `nesting` feature. */
function featuresOf(guest: LxcGuest): Readonly<Record<string, string>> {
  const profile = guest.apparmorProfile;
  const isOwnProfile = profile !== null && profile !== 'unconfined' && profile !== 'generated';
  if (!(isOwnProfile && guest.apparmorManagesNesting)) return guest.pctFeatures;
  const { nesting: _, ...others } = guest.pctFeatures;
  return others;
}

/** Devices that NVIDIA's driver needs inside beside the GPUs; all GPUs share them. */
const OF_DRIVER = ['/dev/nvidiactl', '/dev/nvidia-uvm', '/dev/nvidia-uvm-tools'];

/** A device that is declared itself overrides the one that a GPU implies. */
function devicesOf({ gpus, devices }: LxcGuest): Device[] {
  const paths = gpus.length === 0 ? [] : [...gpus.map((index) => `/dev/nvidia${index}`), ...OF_DRIVER];
  const driver = paths.filter((path) => !devices.some((device) => device.path === path));
  return [...driver.map((path): Device => ({ path, mode: null, uid: null, gid: null, denyWrite: null })), ...devices];
}

function scriptsOf(guest: LxcGuest, common: Inputs): Script[] {
  const inputs = inputsOf(guest, common);
  const features = guest.features.map((feature) => featureScript(feature, inputs.environment));
  const own = guest.applicationScript;
  if (own === null || own.blob === null) return features;
  return [
    ...features,
    script({ name: 'application', path: own.path, blob: own.blob, inputs: inputs.own, secret: null }),
  ];
}
