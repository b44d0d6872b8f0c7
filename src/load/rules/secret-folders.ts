// Folders with secrets and Phoenix's own data are for root of the node only: a guest that mounts one has access to all of it.

import type { Diagnostic } from '../../config/diagnostic.ts';
import type { Place } from '../../config/read/place.ts';
import { placeIn } from '../../config/read/place.ts';
import { isBelow } from '../../managers/certificate/file-owner.ts';
import { targetOf } from '../../managers/guest/guests.ts';
import { HYPERVISOR_FILE } from '../../managers/places.ts';
import type { RuleContext } from '../../managers/rule.ts';
import { targetId } from '../../model/ids.ts';
import type { SecretBounds } from '../../model/secret-bounds.ts';

/** Settings, keys and records of the agent. */
const OWN = ['/etc/phoenix', '/var/lib/phoenix'];

/** SECRET_NOT_ALLOWED: a mount, export or share exposes such a folder, a subfolder or a parent of it. */
export function secretFoldersStayOnTheHost({ config, secrets }: RuleContext): Diagnostic[] {
  const kept = [...new Set([...OWN, ...secrets.folders])];
  const { nfsExports, samba } = config.hypervisor;
  const hypervisor: Place = { file: HYPERVISOR_FILE, path: '' };
  return [
    ...config.lxc.flatMap((guest) => [
      ...guest.mountPoints.flatMap(({ hostPath }, index) =>
        shown(hostPath, kept, placeIn(guest.writtenAt, 'mount_points', index, 'host_path'), targetOf(guest)),
      ),
      ...guest.lxcOptions.flatMap(({ key, value }) => {
        const [source = ''] = key === 'lxc.mount.entry' ? value.trim().split(/\s/) : [];
        return shown(source, kept, placeIn(guest.writtenAt, 'lxc_options'), targetOf(guest));
      }),
    ]),
    ...nfsExports.flatMap(({ path }, index) =>
      shown(path, kept, placeIn(hypervisor, 'nfs', 'exports', index, 'path'), targetId('hypervisor', 'nfs')),
    ),
    ...(samba?.shares ?? []).flatMap(({ path }, index) =>
      shown(path, kept, placeIn(hypervisor, 'samba', 'shares', index, 'path'), targetId('hypervisor', 'samba')),
    ),
  ];
}

function shown(path: string, kept: SecretBounds['folders'], at: Place, target: Diagnostic['target']): Diagnostic[] {
  if (!path.startsWith('/')) return [];
  const plain = `/${path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/')}`;
  const folder = kept.find((each) => plain === each || isBelow(plain, each) || isBelow(each, plain));
  if (folder === undefined || target === undefined) return [];
  const message = `${path} shows ${folder} of the node, where secrets are`;
  return [
    {
      code: 'SECRET_NOT_ALLOWED',
      at,
      message,
      hint: 'Show another folder, and give a guest what it needs by reference.',
      target,
    },
  ];
}
