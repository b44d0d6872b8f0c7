// The standard APT repositories of Proxmox VE (proxmox-rs, proxmox-apt/src/repositories): how they are recognised and created.

import { APT_FOLDER, type AptRepository } from './apt-repositories.ts';

const CHANNELS = ['enterprise', 'no-subscription', 'test'] as const;
const CEPH_RELEASES = ['squid', 'tentacle'] as const;
type Channel = (typeof CHANNELS)[number];

/** Identifier of a standard repository in API calls. */
export type AptHandle = Channel | `ceph-${(typeof CEPH_RELEASES)[number]}-${Channel}`;

/** In Proxmox's order. */
export const APT_HANDLES: readonly AptHandle[] = [
  ...CHANNELS,
  ...CEPH_RELEASES.flatMap((release) => CHANNELS.map((channel) => `ceph-${release}-${channel}` as const)),
];

const KEYRING = '/usr/share/keyrings/proxmox-archive-keyring.gpg';

interface Standard {
  /** Accepted addresses; the first is used for new entries. */
  readonly uris: readonly string[];
  readonly components: readonly string[];
  readonly file: string;
}

function standardOf(handle: AptHandle): Standard {
  const [, release, channel = handle] = /^ceph-([a-z]+)-(.+)$/.exec(handle) ?? [];
  const domain =
    channel === 'enterprise' ? 'https://enterprise.proxmox.com/debian' : 'http://download.proxmox.com/debian';
  if (release !== undefined)
    return { uris: [`${domain}/ceph-${release}`], components: [channel], file: `${APT_FOLDER}/ceph.sources` };
  return {
    uris: [`${domain}/pve`, domain],
    components: [`pve-${channel}`, ...(channel === 'test' ? ['pvetest'] : [])],
    file: channel === 'enterprise' ? `${APT_FOLDER}/pve-enterprise.sources` : `${APT_FOLDER}/proxmox.sources`,
  };
}

/**
 * Whether a repository is that standard one. Unlike Proxmox, this does not recognise mirrors by their signing key.
 * @param suite of the node's release, such as `trixie`
 */
export function isStandard(
  { types, uris, suites, components }: AptRepository,
  handle: AptHandle,
  suite: string,
): boolean {
  const standard = standardOf(handle);
  return (
    types.includes('deb') &&
    suites.includes(suite) &&
    components.some((component) => standard.components.includes(component)) &&
    uris.some((uri) => standard.uris.includes(uri.replace(/\/+$/, '')))
  );
}

/** A standard repository as Proxmox creates it, with its file (as stanza, which it uses from Debian 13 on). */
export function newStandard(
  handle: AptHandle,
  suite: string,
): { readonly path: string; readonly repository: AptRepository } {
  const { uris, components, file } = standardOf(handle);
  const repository: AptRepository = {
    types: ['deb'],
    uris: uris.slice(0, 1),
    suites: [suite],
    components: components.slice(0, 1),
    options: [['Signed-By', [KEYRING]]],
    comment: '',
    enabled: true,
  };
  return { path: file, repository };
}

/** The release name in os-release; null if absent. */
export function suiteIn(osRelease: string): string | null {
  return /^VERSION_CODENAME=["']?([a-z]+)/m.exec(osRelease)?.[1] ?? null;
}
